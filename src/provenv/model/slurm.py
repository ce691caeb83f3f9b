"""A cluster behind Slurm: what a target says of it, its nodes, and how a job of it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .runs import RunState

Where = Literal["shared", "node"]
"""Where jobs find the environment: on the file system that all nodes share, or laid down on each node."""


@dataclass(frozen=True)
class SlurmOptions:
    """What `[target.NAME]` of `kind = "slurm"` says; empty or None where it leaves it to the cluster.

    Words are in Slurm's own forms (`time` is `[days-]hours:minutes:seconds`, `memory` is `16G`).
    `signal` are the seconds before the end of the time at which a run is told to save and leave, `requeues`
    how often it is put back into the queue then.
    """

    partition: str = ""
    account: str = ""
    qos: str = ""
    nodes: int = 1
    gpus_per_node: str = ""
    gres: str = ""
    cpus_per_task: int | None = None
    memory: str = ""
    time: str = ""
    constraint: str = ""
    exclude: str = ""
    array: str = ""
    signal: int | None = None
    requeues: int = 0
    environment: Where = "shared"
    node_folder: str = ""
    setup: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def resources(self) -> tuple[str, ...]:
        """Return the generic resources of one node as Slurm names them: `gpu:2`, `gpu:h100:4`, `shard:1`."""
        gpus = (f"gpu:{self.gpus_per_node}",) if self.gpus_per_node else ()
        return (*gpus, *filter(None, self.gres.split(",")))


@dataclass(frozen=True)
class ClusterNode:
    """One node as `sinfo` tells it: memory in MB, generic resources as `gpu:h100:8`, its state."""

    name: str
    partition: str
    default: bool = False
    gres: str = ""
    cpus: int = 0
    memory: int = 0
    features: tuple[str, ...] = ()
    state: str = ""
    limit: str = ""


@dataclass(frozen=True)
class BatchJob:
    """`job.json`: how the job of a run stands, as the batch system said the last time.

    `word` is the system's own word for it (`PENDING`), `reason` why it waits or how it ended, `nodes` where
    it runs, `starts` when it is expected to (ISO 8601, empty where nobody says), `code` its exit code.
    """

    id: str
    state: RunState
    word: str = ""
    reason: str = ""
    partition: str = ""
    nodes: str = ""
    starts: str = ""
    code: int = 0
