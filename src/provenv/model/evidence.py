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
    `evidence` is the raw proof of a failure (a traceback, a file, two numbers).
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


@dataclass(frozen=True)
class Evidence:
    """The receipt of a proof. `digests` name declared file, lock and deciding facts."""

    target: str
    generation: int
    started: str
    seconds: float
    outcomes: tuple[Outcome, ...]
    digests: Mapping[str, str] = field(default_factory=dict)
    schema: int = 1

    @property
    def passed(self) -> bool:
        """True when something was proven and nothing failed; a skipped check proves nothing."""
        statuses = {outcome.status for outcome in self.outcomes}
        return "passed" in statuses and "failed" not in statuses

    def count(self, status: Status) -> int:
        """Return how many checks ended that way."""
        return sum(outcome.status == status for outcome in self.outcomes)
