"""What differs between two proofs: versions, numerics, speed, the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Problem, Text
from .evidence import Evidence, Status
from .facts import Facts
from .image import Image
from .lock import Lock
from .plan import Step
from .state import Generation

Part = Literal["versions", "numerics", "speed", "machine"]
PARTS: tuple[Part, ...] = ("versions", "numerics", "speed", "machine")

Fact = str | int | float
Pace = Literal["faster", "slower", "same"]


@dataclass(frozen=True)
class Proven:
    """All that is known of one side: what a generation's folder holds, or a receipt alone.

    `label` is how a user would name it (`here:2`, `box.json`), `python` the interpreter's version.
    """

    label: str
    evidence: Evidence | None = None
    generation: Generation | None = None
    lock: Lock | None = None
    facts: Facts | None = None
    image: Image | None = None
    python: str = ""
    file: str = ""


@dataclass(frozen=True)
class Side:
    """One side in brief. `started` is when it was proven (ISO 8601, UTC), empty where it never was.

    `file` is the receipt that was named, empty for a generation of this project.
    """

    label: str
    target: str = ""
    generation: int | None = None
    started: str = ""
    passed: bool | None = None
    file: str = ""


@dataclass(frozen=True)
class Pair:
    """One property on both sides; None where a side does not tell it, empty where it has none.

    `unit` is `bytes`, `%` or empty.
    """

    name: str
    before: Fact | None
    after: Fact | None
    differs: bool
    unit: str = ""


@dataclass(frozen=True)
class Versions:
    """What is installed: one step a package, those that stayed too; None where a side does not list them.

    `about` are Python, the accelerator, digests of lock and declared file, the base image, the image's size.
    """

    differs: bool
    packages: tuple[Step, ...] | None = None
    about: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class CheckPair:
    """One check on both sides; a status is None on the side where it did not apply.

    It `differs` where it ended otherwise, or computed something else.
    `results` tells whether the figures that both receipts keep (distance, tolerance, accuracies) are the
    same to the last bit; `untold` where they keep none. `why` is that of the side that failed.
    """

    name: str
    before: Status | None
    after: Status | None
    differs: bool
    results: Literal["same", "differ", "untold"] = "untold"
    distances: Pair | None = None
    tolerances: Pair | None = None
    accuracies: tuple[Pair, ...] = ()
    why: Text | None = None


@dataclass(frozen=True)
class Numerics:
    """What the checks found. `unproven` names the sides that have no receipt."""

    differs: bool
    checks: tuple[CheckPair, ...] = ()
    unproven: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paced:
    """A figure of speed on both sides.

    `ratio` is how many times as fast the second is: above 1 is better, whatever the unit. `pace` is
    `same` where the ratio stays within `noise`, the share by which equal places differ anyway.
    """

    name: str
    unit: str
    before: float
    after: float
    ratio: float
    noise: float
    pace: Pace


@dataclass(frozen=True)
class Speed:
    """Measures of both sides, then the seconds of the checks that passed in both."""

    differs: bool
    measures: tuple[Paced, ...] = ()
    checks: tuple[Paced, ...] = ()


@dataclass(frozen=True)
class Machine:
    """The facts that decide; `told` is False where not both sides list them."""

    differs: bool
    facts: tuple[Pair, ...] = ()
    told: bool = True


@dataclass(frozen=True)
class Difference:
    """`diff`: two sides and what differs; None for a part that was not asked for.

    It `differs` where anything but the speed does.
    """

    before: Side
    after: Side
    differs: bool
    versions: Versions | None = None
    numerics: Numerics | None = None
    speed: Speed | None = None
    machine: Machine | None = None
    findings: tuple[Problem, ...] = ()
    schema: int = 1
