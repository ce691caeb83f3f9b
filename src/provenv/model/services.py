"""What a machine offers beside its processors: container engines, virtualisation, clusters, clouds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Engine:
    """A container engine: whether this user reaches it, and how it hands GPUs to containers.

    `runtimes` are the OCI runtimes that it knows (`nvidia`, `runc`), `cdi` the
    devices that the Container Device Interface names on this machine.
    """

    name: str
    version: str = ""
    reachable: bool = False
    rootless: bool = False
    runtimes: tuple[str, ...] = ()
    cdi: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class Kubernetes:
    """kubectl's configuration: the context in use and the names of all; nothing secret."""

    context: str = ""
    contexts: tuple[str, ...] = ()
    namespace: str = ""


@dataclass(frozen=True)
class Partition:
    """A partition of Slurm: how many nodes, what each has (`gpu:h100:8`), its time limit in words."""

    name: str
    nodes: int
    gres: str = ""
    limit: str = ""
    default: bool = False


@dataclass(frozen=True)
class Slurm:
    """Slurm's client: its version and the partitions that it shows; empty where there is none."""

    version: str = ""
    partitions: tuple[Partition, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class Cloud:
    """That a cloud's credentials are here, and where (`~/.aws/credentials`, `AWS_PROFILE`).

    What they are is never read.
    """

    name: str
    where: str


Kvm = Literal["absent", "no-permission", "ready"]
