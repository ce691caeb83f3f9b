"""What a proof leaves: the outcome of every check, and what the place can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import Hint, Text

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Check:
    """A check that applies: its script, its time limit in seconds, what is sent for it.

    `group` names what is imported once for several checks; `package` is what
    would be taken in another version where the check fails.
    """

    name: str
    payload: str
    limit: float
    options: Mapping[str, object] = field(default_factory=dict)
    group: str = ""
    package: str = ""


@dataclass(frozen=True)
class Measure:
    """One figure with its unit: `matmul.float32` 41.2 `GFLOP/s`."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Outcome:
    """What one check found.

    `distance` is how far the result was from the reference and `tolerance` how far it may be;
    `evidence` is the raw proof of a failure (a traceback, a file, two numbers). It began `began` seconds
    after the proof did.
    """

    name: str
    status: Status
    seconds: float
    did: Text
    why: Text | None = None
    distance: float | None = None
    tolerance: float | None = None
    measures: tuple[Measure, ...] = ()
    evidence: str = ""
    hints: tuple[Hint, ...] = ()
    began: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """The receipt of a proof. `digests` name declared file, lock and deciding facts.

    `left_out` names the checks that a quick proof did not run; it is no receipt, and is not kept.
    `carried` names those whose outcomes are generation `carried_from`'s: an image's layers below the
    project's code are the same bytes there.
    """

    target: str
    generation: int
    started: str
    seconds: float
    outcomes: tuple[Outcome, ...]
    digests: Mapping[str, str] = field(default_factory=dict)
    schema: int = 1
    left_out: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    carried_from: int = 0

    @property
    def passed(self) -> bool:
        """True when something was proven and nothing failed; a skipped check proves nothing."""
        statuses = {outcome.status for outcome in self.outcomes}
        return "passed" in statuses and "failed" not in statuses

    def count(self, status: Status) -> int:
        """Return how many checks ended that way."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def together(self) -> float:
        """Return what the checks took one by one, in seconds: more than the proof where some ran at once."""
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def at_once(self) -> int:
        """Return how many checks ran at the same time at most; 0 in a receipt that does not tell."""
        if not any(one.began for one in self.outcomes):
            return 0
        spans = [(one.began, one.began + one.seconds) for one in self.outcomes if one.seconds]
        return max((sum(start <= began < end for start, end in spans) for began, _ in spans), default=0)
