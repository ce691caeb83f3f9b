"""What a script for sbatch is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...model.slurm import SlurmOptions


@dataclass(frozen=True)
class NodeCopy:
    """An environment that each node lays down for itself, from files that all nodes see.

    `uv` is the program, `python` the interpreter, `wheels` the folder and `requirements` the file that names
    them with their digests; `key` names what comes of it, so that the next job finds it.
    """

    uv: str
    python: str
    wheels: str
    requirements: str
    key: str


@dataclass(frozen=True)
class Wanted:
    """A run and where its things lie; every path is one that all nodes see.

    `record` is the run's folder, `members` the folder with one link for each member of an array; both are
    empty in a script that is to be submitted by hand. `hooks` see a training from within. `torch`: the
    environment has torchrun. `made_by` is the command that makes the script.
    """

    name: str
    argv: tuple[str, ...]
    file: str
    target: str
    project: str
    generation: str
    options: SlurmOptions
    made_by: str
    processes: int = 1
    retries: int = 0
    record: str = ""
    members: str = ""
    hooks: str = ""
    torch: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    copy: NodeCopy | None = None

    @property
    def world(self) -> int:
        """Return how many processes there are on all nodes together."""
        return self.processes * self.options.nodes

    @property
    def restarts(self) -> int:
        """Return how often it may be started again: after its time was up, and after failures."""
        return (self.options.requeues if self.options.signal is not None else 0) + self.retries
