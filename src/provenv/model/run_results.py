"""What the commands of `runs` hand to the views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .runs import Progressed

if TYPE_CHECKING:
    from ..errors import Problem
    from .runs import Curve, Run, RunState

ExportFormat = Literal["csv", "tensorboard", "mlflow"]


@dataclass(frozen=True)
class Saved:
    """A checkpoint that was written, or gone on from: at which step, and when (seconds since the epoch)."""

    path: str
    step: int = 0
    at: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Observed:
    """All that was seen from within one rank of a run, over all its attempts; curves are thinned.

    `saves` counts the checkpoints that were written, `resumed` are those that attempts went on from.
    """

    progressed: Progressed = Progressed()
    curves: tuple[Curve, ...] = ()
    seeds: Mapping[str, str] = field(default_factory=dict)
    saves: int = 0
    saved: Saved | None = None
    resumed: tuple[Saved, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunList:
    """`runs ls`: the runs, oldest first; `left_out` older ones are not shown, `all` counts them too."""

    runs: tuple[Run, ...] = ()
    left_out: int = 0
    findings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class RunShown:
    """`runs show`: a run, where its record lies, what was seen of it; `waiting` is why it has not begun."""

    run: Run
    path: str
    seen: Observed = Observed()
    stacks: tuple[str, ...] = ()
    difference: int = 0
    waiting: Problem | None = None


@dataclass(frozen=True)
class RunLog:
    """What one process of one attempt printed; `text` is the end of it where `cut`.

    `place` is what it is called after its host, if it ran on one.
    """

    attempt: int
    rank: int
    path: str
    bytes: int
    text: str = ""
    cut: bool = False
    place: str = ""


@dataclass(frozen=True)
class RunLogs:
    """`runs logs --json`: the logs that were asked for."""

    run: str
    logs: tuple[RunLog, ...] = ()


@dataclass(frozen=True)
class RunStopped:
    """`runs stop`: how the run ended; `over` where it had before, `killed` where it was not asked first."""

    run: str
    state: RunState
    over: bool = False
    killed: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class RunsRemoved:
    """`runs rm`: the records that went and the bytes that freed; `running` ones stayed."""

    removed: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    bytes: int = 0


@dataclass(frozen=True)
class RunExported:
    """`runs export`: where to, in which form, and how many values; `path` is empty on standard output."""

    run: str
    format: ExportFormat
    path: str
    values: int = 0
    next: tuple[str, ...] = ()
