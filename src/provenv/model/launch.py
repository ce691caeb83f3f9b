"""What `run` and `shell` hand to the view; apart from the other results, since a command waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import Problem, Text
    from .diagnosis import Diagnosis


@dataclass(frozen=True)
class Wishes:
    """What a command line says of a container, as it was written; empty where it leaves it to the target."""

    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    gpus: str = ""
    memory: str = ""
    cpus: str = ""
    shm: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """Return the names of the options that say something."""
        said = {
            "--port": self.ports,
            "--volume": self.volumes,
            "--gpus": self.gpus,
            "--memory": self.memory,
            "--cpus": self.cpus,
            "--shm": self.shm,
        }
        return tuple(name for name, value in said.items() if value)


@dataclass(frozen=True)
class Asked:
    """What the command line says of a run; None where the declared run decides.

    `wait`: a run that a batch system gets is followed until it is over. `hosts` are those of the target's
    hosts that it uses, none for all; with `min_hosts` it can go on.
    """

    processes: str | None = None
    retries: int | None = None
    record: bool | None = None
    stall: float | None = None
    wait: bool = False
    hosts: tuple[str, ...] = ()
    min_hosts: int | None = None


@dataclass(frozen=True)
class Seen:
    """A folder of this machine, or a named volume, and the path at which a container sees it."""

    source: str
    path: str
    read_only: bool = False


@dataclass(frozen=True)
class Contained:
    """The image that a command runs in, where in it, and what of this machine it sees: folders, ports."""

    reference: str
    id: str
    folder: str
    mounts: tuple[Seen, ...] = ()
    ports: tuple[str, ...] = ()
    gpus: str = ""


@dataclass(frozen=True)
class Launch:
    """`run` / `shell`: the command, its environment's changes, how it ended, and why where it failed.

    `contained` is the image that it runs in, None where it runs in a virtual environment. `run` is the
    record's id, empty where none is kept; `job` the number that a batch system gave it, `members` how many an
    array of it has; `attempts` how often it was started, `why` why not once more.
    """

    argv: tuple[str, ...]
    generation: int
    set_aside: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Problem, ...] = ()
    code: int | None = None
    seconds: float = 0.0
    diagnosis: Diagnosis | None = None
    contained: Contained | None = None
    run: str = ""
    processes: int = 1
    attempts: int = 1
    why: Text | None = None
    job: str = ""
    members: int = 0
