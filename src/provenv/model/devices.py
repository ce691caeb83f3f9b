"""Accelerators that are not NVIDIA's, and the vendors' toolkits that lie on a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DeviceState = Literal["none", "ready", "no-device", "no-permission", "broken"]


@dataclass(frozen=True)
class Device:
    """One device. `architecture` is the vendor's own word for what its code is built for.

    `gfx942` (AMD), `910B1` (Ascend), `v5e` (TPU), `M1` (Apple); empty for Intel,
    whose devices are told apart by `pci` (`8086:56a0`). Memory in bytes, None
    where nothing says it.
    """

    index: int
    name: str
    architecture: str = ""
    memory: int | None = None
    pci: str = ""


@dataclass(frozen=True)
class Devices:
    """The devices of one vendor, as a program here would see them.

    `state`: `none` nothing of this vendor; `ready`; `no-device` its driver is
    there but no device (a container without it); `no-permission` a device
    that this user may not open; `broken` a device whose driver or tool fails.
    `driver` is the kernel driver's version (Ascend: the driver package's; Apple:
    empty), `runtime` that of ROCm, CANN, Level Zero, libtpu; empty where unknown.
    """

    state: DeviceState = "none"
    devices: tuple[Device, ...] = ()
    driver: str = ""
    runtime: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Toolkit:
    """A vendor's libraries that are installed on the machine, outside of any environment.

    `name` is `cuda`, `cudnn`, `nccl`, `tensorrt`, `rocm`, `cann`, `oneapi`. `active` tells that
    programs find it without being told: on PATH, by CUDA_HOME, or in the loader's path.
    """

    name: str
    version: str
    path: str
    active: bool = False
