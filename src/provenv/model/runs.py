"""A recorded run: what was launched, how each attempt of it ended, what was seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..errors import Problem, Text
    from .diagnosis import Diagnosis
    from .slurm import BatchJob

RunState = Literal["queued", "running", "done", "failed", "stopped", "preempted", "lost"]
"""`queued`: its batch system has not started it yet; `stopped`: its user ended it; `preempted`: it was told
to leave, and did within the time given; `lost`: whoever watched it is gone
without a last word (a kill, a power cut)."""
Stream = Literal["loss", "accuracy", "rate", "other"]


@dataclass(frozen=True)
class CodeState:
    """The project's code at the start of a run: git's commit, and whether tracked files differed from it.

    The difference itself lies beside the record as `code.diff`. Empty where there is no repository.
    """

    revision: str = ""
    branch: str = ""
    dirty: bool = False
    untracked: int = 0


@dataclass(frozen=True)
class RunRecord:
    """`run.json`: everything that is known when a run begins; it never changes afterwards.

    `name` is the declared run, empty for a command. `proof` is the digest of the generation's receipt,
    `lock` the identity of its lock. `variables` are the values that decide a training and hold no secret
    (seeds, threads, flags of determinism). `began` is UTC in ISO 8601. `job` is its number in a batch
    system, empty where it runs here. `hosts` are those of the target that it may use, none where it runs on
    the machine that watches it (`host`).
    """

    id: str
    argv: tuple[str, ...]
    folder: str
    target: str
    generation: int
    began: str
    name: str = ""
    processes: int = 1
    retries: int = 0
    proof: str = ""
    lock: str = ""
    facts: str = ""
    code: CodeState = CodeState()
    data: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    provenv: str = ""
    pid: int = 0
    job: str = ""
    schema: int = 1
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class RankEnd:
    """How one process of an attempt ended: `code` as a shell says it (128 + signal); None if it never began.

    `first` marks the one whose end ended the others, `host` is where it ran, if not here.
    """

    rank: int
    code: int | None
    seconds: float
    first: bool = False
    host: str = ""


@dataclass(frozen=True)
class Attempt:
    """One line of `attempts.jsonl`: a start of all processes, and how it ended.

    `why` says why no other attempt follows, or for what reason another one does. `hang` tells where its
    processes stood, if they came on no more before it ended.
    """

    number: int
    began: str
    seconds: float
    code: int
    ranks: tuple[RankEnd, ...] = ()
    diagnosis: Diagnosis | None = None
    why: Text | None = None
    restarted: bool = False
    waited: float = 0.0
    hang: Problem | None = None


@dataclass(frozen=True)
class RunEnd:
    """`end.json`: the last word of whoever watched a run."""

    state: RunState
    code: int
    ended: str
    seconds: float
    why: Text | None = None


@dataclass(frozen=True)
class Peaks:
    """The most of each that a run's processes had together: bytes, cores, fractions of a GPU."""

    memory: int = 0
    cpu: float = 0.0
    gpu_memory: int = 0
    gpu: float = 0.0
    read: int = 0
    written: int = 0
    received: int = 0
    sent: int = 0
    shm: int = 0


@dataclass(frozen=True)
class Curve:
    """One metric over the steps: where the run stood, and its value; of rank 0 unless it says so."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]
    seconds: tuple[float, ...] = ()
    rank: int = 0


@dataclass(frozen=True)
class Progressed:
    """How far a run came, as its rank 0 saw it; None where nothing could be seen from outside.

    `waiting` is the share of the time between steps that was spent waiting for data, `rate` is in steps per
    second over the last minute, `utilisation` the share of the processor's peak that the model's own work
    made up (MFU), where both are known.
    """

    framework: str = ""
    steps: int = 0
    total: int | None = None
    epoch: int | None = None
    rate: float | None = None
    mean_rate: float | None = None
    waiting: float | None = None
    utilisation: float | None = None
    last: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A run as it is read back: its record, its attempts so far, and what can be said of it now.

    `attempts` are those that ended; `begun` counts all, also one that runs or has no last word. `job` is how
    its batch system saw it last.
    """

    record: RunRecord
    state: RunState
    attempts: tuple[Attempt, ...] = ()
    end: RunEnd | None = None
    progressed: Progressed = Progressed()
    peaks: Peaks = Peaks()
    seconds: float = 0.0
    begun: int = 0
    job: BatchJob | None = None
