"""Whether a training resumes exactly: one that ran straight, held against one that was killed in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["indices", "batches", "losses", "weights", "optimizer", "rates", "random"]
"""What is compared after each update; bit by bit, by digests."""
DECISIVE: tuple[Part, ...] = ("indices", "batches", "losses", "weights")
"""The parts that must be equal; the others tell why they are not."""
EXPLAINING: tuple[Part, ...] = ("optimizer", "rates", "random")
Verdict = Literal["exact", "differs", "anew", "unrepeatable"]
"""`anew`: nothing was taken up. `unrepeatable`: it differs before the first kill, so nothing can be told."""
Unsaved = Literal[
    "all", "model", "optimizer", "scheduler", "order", "augmentation", "random", "buffers", "other"
]
"""What a checkpoint lacks, or what is not taken up from it."""


@dataclass(frozen=True)
class Kill:
    """A process that was killed: the update that its training had reached, and from which it went on.

    `resumed` is None where no process began again; not `known`: it went on with weights that the straight
    training never had.
    """

    rank: int
    reached: int
    resumed: int | None = None
    known: bool = True

    @property
    def lost(self) -> int:
        """Return how many updates had to be made again."""
        return 0 if self.resumed is None else max(0, self.reached - self.resumed)


@dataclass(frozen=True)
class Divergence:
    """Where a part differs first: in the update of this number, in this process, after so many kills."""

    update: int
    rank: int
    kills: int
    straight: str
    resumed: str


@dataclass(frozen=True)
class Compared:
    """One part: in how many updates it was compared (0: it is not to be seen), how often it was equal."""

    part: Part
    updates: int
    equal: int
    first: Divergence | None = None


@dataclass(frozen=True)
class Gap:
    """Something that is not saved or not taken up, with what was seen of it."""

    what: Unsaved
    seen: str = ""


@dataclass(frozen=True)
class ResumeProof:
    """What came of it. `updates` are those of the straight training; `saves` after which of them it saved."""

    argv: tuple[str, ...]
    verdict: Verdict
    updates: int
    processes: int = 1
    saves: tuple[int, ...] = ()
    kills: tuple[Kill, ...] = ()
    parts: tuple[Compared, ...] = ()
    gaps: tuple[Gap, ...] = ()
    seconds: float = 0.0
    path: str = ""

    @property
    def lost(self) -> int:
        """Return the most updates that a kill cost."""
        return max((one.lost for one in self.kills), default=0)
