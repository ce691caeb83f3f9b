"""NVIDIA's driver against a CUDA version: floors by minor-version compatibility, toolkits' own drivers."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from ...errors import Text, text
from ...model.facts import Gpu
from ..builds import Build
from ..tables import table
from ..versions import version


@dataclass(frozen=True)
class Machine:
    """What decides: processor, driver and its floors' table, the GPUs that a process would see.

    `speaks` is the newest CUDA of the driver (`13.0`) where its own number says nothing, as on Jetsons.
    """

    machine: str
    drivers: str
    driver: str | None
    gpus: tuple[Gpu, ...]
    speaks: str | None = None


def driver_refusal(cuda: str, machine: Machine) -> Text | None:
    """Return why the driver is too old for a CUDA; an unknown driver refuses nothing up to CUDA 12."""
    if machine.speaks is not None:
        if Version(machine.speaks).major >= Version(cuda).major:
            return None
        return text("lock.accelerator.speaks_too_old", speaks=machine.speaks, cuda=cuda)
    driver, floor = version(machine.driver), floor_of(cuda, machine)
    if driver is None or driver >= Version(floor):
        return None
    return text("lock.accelerator.driver_too_old", driver=machine.driver or "", floor=floor, cuda=cuda)


def floor_of(cuda: str, machine: Machine) -> str:
    """Return the oldest driver of a CUDA, or of its major; of one outside of the table, the nearest's."""
    floors = table("cuda_drivers")["floor"][machine.drivers]
    majors = [int(one) for one in floors if one.isdecimal()]
    major = min(max(Version(cuda).major, min(majors)), max(majors))
    return str(floors.get(cuda) or floors[str(major)])


def has_own_driver(build: Build, machine: Machine) -> bool:
    """Tell whether the driver is one that the build's toolkit came with, or newer."""
    if machine.speaks is not None:
        return Version(build.cuda) <= Version(machine.speaks)
    driver, own = version(machine.driver), table("cuda_drivers")["own"][machine.drivers].get(build.cuda)
    return driver is not None and own is not None and driver >= Version(own)
