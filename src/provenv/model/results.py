"""What the use cases hand to the views: one value a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .state import Drift

if TYPE_CHECKING:
    # results are only written, never read back: a no-op must not pay for values that it does not have
    from ..errors import Problem, Text
    from .adopted import Carried, LeftOut
    from .demo import Example
    from .evidence import Evidence
    from .image import Image, Pushed
    from .lock import Choice, Lock, Package
    from .plan import Plan, Step
    from .spec import Spec
    from .state import Generation, State


@dataclass(frozen=True)
class InitResult:
    """`init`: the file that was written, its text, and what was found in the folder.

    `files` are the names of those that were written beside it. `source` is what it
    was made from, empty for the folder itself; what of it was carried over and
    what was left out is told with places. `next` are the commands to go on with, where they are known.
    """

    path: str
    text: str
    found: tuple[Text, ...] = ()
    source: str = ""
    files: tuple[str, ...] = ()
    carried: tuple[Carried, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    next: tuple[str, ...] = ()


@dataclass(frozen=True)
class EditResult:
    """`add` / `remove`: the file that was edited and what stands in it now."""

    path: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class LockResult:
    """`lock`: the lock, where it was written, what differs from the one before (empty: nothing).

    `made` is False where the lock that lies there was kept as it is.
    """

    lock: Lock
    path: str
    written: bool
    changes: tuple[Step, ...] = ()
    made: bool = True


@dataclass(frozen=True)
class Download:
    """`lock --download`: the folder, the lock in it, how many files of how many bytes; `fetched` came now.

    `left_out` names what has no file of its own: folders of the project, repositories.
    """

    folder: str
    lock: Lock
    path: str
    files: int
    bytes: int
    fetched: int
    tools: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """`why SUBJECT`: the package or choice, and every way from the user's files to it.

    A chain runs from the user's own line (`requirements.txt:3`) over package names to the subject.
    """

    subject: str
    package: Package | None = None
    choices: tuple[Choice, ...] = ()
    chains: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class PlanResult:
    """`plan`: the plan and the values that it was made of."""

    plan: Plan
    spec: Spec
    lock: Lock

    @property
    def changes(self) -> bool:
        """Tell whether `up` would do anything."""
        return bool(self.plan.steps)


@dataclass(frozen=True)
class Status:
    """`status`: where a target stands. `reasons` name what made it stale, in words.

    Of an image target `image` is the current generation's; `reasons` tell its drift as well.
    """

    target: str
    file: str
    sync: Literal["absent", "in-sync", "stale", "drifted"]
    generation: Generation | None = None
    reasons: tuple[Text, ...] = ()
    drift: Drift = Drift()
    evidence: Evidence | None = None
    findings: tuple[Problem, ...] = ()
    image: Image | None = None


@dataclass(frozen=True)
class History:
    """`history`: generations, what changed from one to the next, and how each proof ended.

    `images` are those of an image target, `moved` the bytes of the layers that the one before did not have.
    """

    state: State
    changes: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    proofs: Mapping[str, Evidence] = field(default_factory=dict)
    images: Mapping[str, Image] = field(default_factory=dict)
    moved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Rollback:
    """`rollback`: from which generation to which, and whether the files there are as they were proven.

    Of an image target `tags` are the names that mean the image now.
    """

    target: str
    old: int
    new: int
    drift: Drift = Drift()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class CleanedImage:
    """An image that no generation needs any more: its name, the bytes that went with it, what keeps it.

    `generation` is 0 for one that a failed proof or a killed build left. `users` are containers, and names
    that the user gave it; with any of them it stayed, and only our own names for it went.
    """

    name: str
    id: str
    generation: int = 0
    bytes: int = 0
    users: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cleaned:
    """`gc` / `down`: what was removed and how many bytes that freed; `held` are in use.

    `bytes` counts the `images` of an image target too. `containers` is how many were left by killed
    commands, `cache` what the engine's build cache holds still (None: not asked), `pruned` what went of it.
    """

    target: str
    removed: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    bytes: int = 0
    images: tuple[CleanedImage, ...] = ()
    containers: int = 0
    cache: int | None = None
    pruned: int = 0


@dataclass(frozen=True)
class PushResult:
    """`push`: where a generation's image lies now, by names that can never mean anything else.

    `sent` of its `layers` were not there before, `bytes` before compression (None: the engine does not tell).
    """

    target: str
    generation: int
    image: Image
    pushed: tuple[Pushed, ...]
    layers: int = 0
    sent: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class PullResult:
    """`pull`: the generation that an image became, proven here; `unchanged` where it was current already."""

    target: str
    unchanged: bool
    generation: Generation
    image: Image
    reference: str
    evidence: Evidence | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class About:
    """`version`: provenv's, its Python's and uv's, and where it runs."""

    version: str
    python: str
    uv: str
    platform: str
    executable: str


@dataclass(frozen=True)
class DemoDone:
    """One example that was taken the whole way: its headline metric, what it cost, and where to look.

    `commands` come with their seconds; `failed` are the checks of its evaluation that found something.
    `framework` is the declared package that leads, `memory` the most bytes that the training had.
    """

    name: str
    title: Text
    folder: str
    report: str
    metric: str
    value: float
    of: str
    count: int
    floor: float
    reached: bool
    low: float | None = None
    high: float | None = None
    failed: tuple[str, ...] = ()
    run: str = ""
    seconds: float | None = None
    memory: int | None = None
    parameters: int | None = None
    commands: tuple[tuple[str, float], ...] = ()
    framework: str = "torch"


@dataclass(frozen=True)
class DemoSummary:
    """`demo`: what came of each example; `comparison` is the page that sets several beside one another."""

    demos: tuple[DemoDone, ...]
    comparison: str = ""


@dataclass(frozen=True)
class ExampleList:
    """`demo --list`: the examples that there are."""

    examples: tuple[Example, ...]
