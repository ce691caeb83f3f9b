"""Several runs beside one another: what differs in what was launched, and in what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .runs import Curve, Run, RunState

if TYPE_CHECKING:
    from .lock import Lock

Better = Literal["low", "high", ""]
RunPart = Literal["launched", "variables", "seeds", "data", "code", "environment", "packages"]
Unit = Literal["", "bytes", "seconds", "share", "rate", "count"]


@dataclass(frozen=True)
class Compared:
    """All that is known of one run when it is compared.

    `diff` is the digest of how its code differed from the commit, `seeds` what the run was seen to seed.
    """

    run: Run
    curves: tuple[Curve, ...] = ()
    lock: Lock | None = None
    diff: str = ""
    seeds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunSide:
    """One run in brief; `letter` stands for it in tables and drawings."""

    letter: str
    id: str
    name: str
    state: RunState
    began: str
    seconds: float
    attempts: int = 1
    steps: int = 0


@dataclass(frozen=True)
class RunProperty:
    """One thing that was given when the runs began, for each run in order; None where it is not known."""

    part: RunPart
    name: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Tell whether the runs do not all have the same."""
        return len(set(self.values)) > 1


@dataclass(frozen=True)
class RunOutcome:
    """One figure of each run; `leader` is the place of the best one, None where there is none alone."""

    name: str
    values: tuple[float | None, ...]
    unit: Unit = ""
    better: Better = ""
    leader: int | None = None


@dataclass(frozen=True)
class MetricOutcome:
    """A metric that at least two of the runs have: its last value, its best one and at which step that was.

    Where the metric's name does not say which way is better, there is no best.
    """

    name: str
    better: Better
    last: tuple[float | None, ...]
    best: tuple[float | None, ...]
    best_steps: tuple[int | None, ...]
    leader: int | None = None


@dataclass(frozen=True)
class Spread:
    """Mean, standard deviation (of a sample: n - 1), least and most of a figure among repetitions.

    `of` is `last` or `best` for a metric, `run` for a figure of the whole run.
    """

    name: str
    of: Literal["last", "best", "run"]
    mean: float
    deviation: float
    low: float
    high: float
    count: int
    unit: Unit = ""


@dataclass(frozen=True)
class Repetition:
    """Runs of the same in everything but the seed, by their places, and how far they are apart."""

    runs: tuple[int, ...]
    spreads: tuple[Spread, ...]


@dataclass(frozen=True)
class Comparison:
    """Several runs beside one another. `locks` tells for which runs the lock is there to be compared."""

    sides: tuple[RunSide, ...]
    properties: tuple[RunProperty, ...] = ()
    outcomes: tuple[RunOutcome, ...] = ()
    metrics: tuple[MetricOutcome, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    curves: tuple[tuple[Curve, ...], ...] = ()
    locks: tuple[bool, ...] = ()

    @property
    def differing(self) -> tuple[RunProperty, ...]:
        """Return what the runs do not all share."""
        return tuple(one for one in self.properties if one.differs)
