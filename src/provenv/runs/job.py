"""What a group is started with, whom it tells, and how an attempt of it ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import Problem, Text
from ..model.runs import Attempt, RankEnd
from .policy import Outcome

LINGER = 10.0
"""Seconds that what a process left running gets after a good end (a tracker's last upload)."""
PATIENCE = 300.0
"""Seconds without a step after which it is told where each process stands: less than the time-outs of the
collectives (NCCL: 10 minutes, gloo: 30)."""
PARTING = 5.0
"""Seconds between SIGTERM and SIGKILL where the work is lost anyway."""


@dataclass(frozen=True)
class Job:
    """What shall run, how often it may be started again, and how patient we are.

    `environment` is what `runs.environment.prepare` made with `processes=world`. `devices` are the
    accelerators that it may use, by the names that the variable `visible` takes (`apart`: each process its
    share alone), `hooks` a folder that comes first on PYTHONPATH, `lease` the descriptor of a lease that the
    processes hold too. Seconds: `grace` to save and leave; without a step `patience` until it is told where
    each process stands, `quiet` until they are ended (None: never).
    """

    argv: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    world: int = 1
    devices: tuple[str, ...] = ()
    apart: bool = False
    visible: str = "CUDA_VISIBLE_DEVICES"
    retries: int = 0
    grace: float = 30.0
    quiet: float | None = None
    patience: float = PATIENCE
    hooks: str | None = None
    lease: int | None = None


def _nothing(*_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Callbacks:
    """Who is told what happens. All are called in the thread that supervises, and must return soon.

    `said` takes rank, stream (1 output, 2 error) and bytes, as they came. `began` takes an attempt's number
    and its processes' ids. `told` takes what the user should know at once, `ended` an Attempt (model.runs).
    `ticked` is called about every `every` seconds while processes run (a live view); `rows` says how many of
    the terminal's rows are the program's, None for all.
    """

    said: Callable[[int, int, bytes], object] = _nothing
    began: Callable[[int, tuple[int, ...]], object] = _nothing
    told: Callable[[Text], object] = _nothing
    ended: Callable[[Attempt], object] = _nothing
    ticked: Callable[[], object] = _nothing
    rows: Callable[[], int | None] = lambda: None
    every: float = math.inf


@dataclass(frozen=True)
class Command:
    """What each process of a group runs: the file that its first word means, where, holding which lease."""

    program: str
    argv: tuple[str, ...]
    folder: str
    lease: int | None = None


@dataclass(frozen=True)
class Limits:
    """Seconds: to save and leave (`grace`); for what is left; without a step until it is explained
    (`patience`), and until it is ended (`quiet`).
    """

    grace: float = 30.0
    quiet: float | None = None
    patience: float = PATIENCE
    parting: float = PARTING
    linger: float = LINGER


@dataclass(frozen=True)
class Ended:
    """How an attempt ended. `first` is the rank whose end ended the others, `why` says more than the code.

    `began_at` and `reached` are steps of the whole training, those of the process that came farthest.
    `hang` is where its processes stood, if they came on no more. `goes_on` says why another attempt follows
    at once, whatever the policy says: other hosts take part in it. `where` names what of the record the first
    dead process's words stand in, where that is not its own log.
    """

    outcome: Outcome
    code: int
    ranks: tuple[RankEnd, ...]
    seconds: float
    first: int | None = None
    began_at: int = 0
    reached: int = 0
    why: Text | None = None
    hang: Problem | None = None
    lost_log: bool = False
    goes_on: Text | None = None
    where: Path | None = None
