"""What is seen of a running group from without: samples once a second, alarms, and the state of its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import Problem

AlarmKind = Literal[
    "memory-grows",
    "memory-nearly-full",
    "loader-stuck",
    "disk-nearly-full",
    "shm-nearly-full",
    "gpu-waits-for-data",
]


@dataclass(frozen=True)
class GpuSample:
    """One device: bytes that the run holds on it, the share of time it computed (None: not told).

    `used` are the bytes that anybody holds on it, `total` those that it has; `index` as its vendor's tool
    numbers it.
    """

    index: int
    memory: int = 0
    utilisation: float | None = None
    used: int = 0
    total: int = 0


@dataclass(frozen=True)
class Sample:
    """All processes of a group at one moment: a line of `resources.jsonl` (model.observed).

    `cpu` are cores in use since the sample before, `memory` bytes with shared pages counted once,
    `workers` bytes by process id (the processes that were started first among them). `read`, `written`,
    `received` and `sent` are bytes since the attempt began. `left` is the memory that the group may still
    take before its control group or the machine has none, None where nothing says it; so is `disk_free`.
    """

    t: float
    cpu: float = 0.0
    memory: int = 0
    processes: int = 0
    threads: int = 0
    workers: Mapping[str, int] = field(default_factory=dict)
    left: int | None = None
    shm: int | None = None
    shm_total: int | None = None
    disk_free: int | None = None
    read: int = 0
    written: int = 0
    received: int = 0
    sent: int = 0
    gpus: tuple[GpuSample, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """Something that will hurt if nobody acts: told once a run; `t` is when, in seconds since the epoch."""

    kind: AlarmKind
    t: float
    problem: Problem


@dataclass(frozen=True)
class Wanted:
    """What a run is about to ask of its place, as far as it is known; None is unknown.

    `workers` are data-loader processes of each rank, `prefetch` batches that each holds ready. `ports` are
    those that it will listen at, `checkpoints` how many are kept beside each other.
    """

    processes: int = 1
    workers: int | None = None
    batch_bytes: int | None = None
    prefetch: int = 2
    ports: tuple[int, ...] = ()
    checkpoints: int = 2
    gpus: bool = True


@dataclass(frozen=True)
class Earlier:
    """What the last run of the same command took; 0 where nothing tells.

    Bytes of memory, of shared memory, of its largest checkpoint; `processes` at the most; `began` in
    seconds since the epoch. `guessed` says that `checkpoint` is no run's own, but the largest one that lies
    in the project's folder.
    """

    run: str = ""
    memory: int = 0
    shm: int = 0
    processes: int = 0
    checkpoint: int = 0
    began: float = 0.0
    guessed: bool = False


@dataclass(frozen=True)
class Taken:
    """A process of somebody else's on a GPU: bytes that it holds there."""

    index: int
    pid: int
    name: str
    memory: int = 0


@dataclass(frozen=True)
class Readiness:
    """The state of the place at which a run is about to begin; None where nothing says it.

    `container` is its kind (`docker`, `kubernetes`, ...) or empty; `refusal` says why the folder can't be
    written. `tasks` counts processes and threads
    against `tasks_limit`, the least of the user's and the control group's. `skew` is how far the folder's
    clock is ahead of this machine's, in seconds.
    """

    folder: str
    system: str = "linux"
    container: str = ""
    writable: bool = True
    refusal: str = ""
    shm_total: int | None = None
    shm_free: int | None = None
    memory_total: int = 0
    memory_granted: int = 0
    memory_left: int = 0
    disk_free: int | None = None
    open_files: int | None = None
    open_files_hard: int | None = None
    tasks: int = 0
    tasks_limit: int | None = None
    cores: float = 1.0
    ports_taken: tuple[int, ...] = ()
    gpus_taken: tuple[Taken, ...] = ()
    gpu_tool: str = ""
    skew: float | None = None
    now: float = 0.0
    earlier: Earlier = Earlier()
