"""What a machine is, as far as it decides or explains something: the Facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..pipconf import PipConfiguration
from .devices import Devices, Toolkit
from .services import Cloud, Engine, Kubernetes, Kvm, Slurm

Outcome = Literal["read", "absent", "timeout", "failed", "unreadable"]


@dataclass(frozen=True)
class Source:
    """How a fact was read: the command or file, what came of it, how long it took."""

    fact: str
    how: str
    outcome: Outcome
    milliseconds: int
    detail: str = ""


@dataclass(frozen=True)
class Platform:
    """System and C library. `system` is `linux`, `darwin` or `windows`; `machine` as `uname -m` says it.

    `l4t` is the version of NVIDIA's Linux for Tegra (`36.4.3`) on a Jetson, else empty.
    """

    system: str
    machine: str
    kernel: str = ""
    distribution: str = ""
    distribution_version: str = ""
    distribution_name: str = ""
    libc: str = ""
    libc_version: str = ""
    l4t: str = ""


@dataclass(frozen=True)
class Cpu:
    """`granted` is what the cgroup and affinity allow, in cores; `level` an x86-64 psABI level or empty."""

    model: str = ""
    vendor: str = ""
    logical: int = 0
    physical: int = 0
    granted: float = 0.0
    features: tuple[str, ...] = ()
    level: str = ""


@dataclass(frozen=True)
class Memory:
    """Bytes. `granted` is the smaller of the machine's memory and the cgroup's limit."""

    total: int = 0
    available: int = 0
    granted: int = 0
    swap: int = 0
    shm_total: int | None = None
    shm_free: int | None = None
    cgroup_version: int = 0


@dataclass(frozen=True)
class Disk:
    """One place that matters (`project`, `cache`, `temp`): sizes in bytes."""

    purpose: str
    path: str
    device: str
    filesystem: str
    total: int
    free: int
    writable: bool


@dataclass(frozen=True)
class Limits:
    """Process limits; None means unlimited or unknown."""

    open_files: int | None = None
    processes: int | None = None
    locked_memory: int | None = None
    address_space: int | None = None


@dataclass(frozen=True)
class Container:
    """`kind`: docker, podman, kubernetes, lxc, systemd-nspawn or empty; `virtual`: kvm, vmware, ..."""

    kind: str = ""
    virtual: str = ""
    wsl: int = 0


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU; memory in bytes, None where the driver does not say."""

    index: int
    name: str
    compute_capability: str | None = None
    memory: int | None = None
    uuid: str = ""
    mig: str | None = None


@dataclass(frozen=True)
class Nvidia:
    """`driver` and `cuda` as versions (`cuda` is the newest the driver speaks).

    `state`: `none` no device, `ready`, `no-device` (driver without a device),
    `broken` (a device, but the driver does not answer or versions mismatch). `gpus` are those that a
    program would see; `hidden` counts those that CUDA_VISIBLE_DEVICES (`visible`) takes away.
    """

    state: Literal["none", "ready", "no-device", "broken"] = "none"
    driver: str | None = None
    cuda: str | None = None
    gpus: tuple[Gpu, ...] = ()
    visible: str | None = None
    detail: str = ""
    hidden: int = 0


@dataclass(frozen=True)
class Python:
    """An interpreter that can make environments: its path, version, whether `venv` works with it."""

    path: str
    version: str
    implementation: str = "cpython"
    source: str = ""


@dataclass(frozen=True)
class Tool:
    """A program of the machine: path and version."""

    name: str
    path: str
    version: str


@dataclass(frozen=True)
class Network:
    """Proxies (without credentials) and certificate authorities, by variable name."""

    proxies: tuple[tuple[str, str], ...] = ()
    certificates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that was read of a machine, and how each fact was read."""

    platform: Platform
    cpu: Cpu = Cpu()
    memory: Memory = Memory()
    disks: tuple[Disk, ...] = ()
    limits: Limits = Limits()
    container: Container = Container()
    nvidia: Nvidia = Nvidia()
    pythons: tuple[Python, ...] = ()
    tools: tuple[Tool, ...] = ()
    pip: PipConfiguration = PipConfiguration()
    network: Network = Network()
    amd: Devices = Devices()
    intel: Devices = Devices()
    apple: Devices = Devices()
    ascend: Devices = Devices()
    tpu: Devices = Devices()
    toolkits: tuple[Toolkit, ...] = ()
    engines: tuple[Engine, ...] = ()
    kvm: Kvm = "absent"
    kubernetes: Kubernetes = Kubernetes()
    slurm: Slurm = Slurm()
    clouds: tuple[Cloud, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    sources: tuple[Source, ...] = ()
    host: str = ""
    schema: int = 1
