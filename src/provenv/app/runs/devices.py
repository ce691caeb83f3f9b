"""Which GPUs the processes of a run share, and whether each must see its own alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...lazy import load
from ...model.lock import Lock
from ...model.runs import RunRecord
from ...targets.records import read_data
from ..project import Project
from ..remembered import FACTS

BY_LOCAL_RANK = frozenset(("torch", "jax", "jaxlib"))
"""Packages whose programs choose a device by LOCAL_RANK, or by JAX_LOCAL_DEVICE_IDS, and want to see all."""
TAKE_ALL = frozenset(("tensorflow", "tensorflow-rocm", "tf-nightly"))
"""Packages that take the memory of every GPU that they see."""
NVIDIA, AMD = "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Shared:
    """The devices of a group by the names that `variable` takes, empty where nothing is said of them."""

    names: tuple[str, ...] = ()
    apart: bool = False
    variable: str = NVIDIA


def shared(project: Project, record: RunRecord, environment: Mapping[str, str], world: int) -> Shared:
    """Return the devices of a run's processes: those that its facts name, or its user has chosen of them."""
    if world < 2:
        return Shared()
    variable, count = _counted(read_data(project.layout, record.generation, FACTS))
    lock: Lock | None = load("app.runs.lock_of")(project, record) if count else None
    return Shared() if lock is None else divided(lock, variable, count, environment.get(variable), world)


def divided(lock: Lock, variable: str, count: int, chosen: str | None, world: int) -> Shared:
    """Return how the processes of an environment with these packages share so many devices.

    `chosen` is what the variable says already, None where it is not set.
    """
    locked = {one.name for one in lock.packages}
    names = tuple(map(str, range(count))) if chosen is None else _listed(chosen)
    if len(names) < world:
        return Shared()
    if locked & TAKE_ALL and not locked & BY_LOCAL_RANK:
        return Shared(names, apart=True, variable=variable)
    return Shared(names, variable=variable) if "jax" in locked else Shared()


def _listed(chosen: str) -> tuple[str, ...]:
    return tuple(name for one in chosen.split(",") if (name := one.strip()) and name != "-1")


def _counted(facts: object) -> tuple[str, int]:
    """Return the variable that chooses among a machine's GPUs, and how many there are."""
    if isinstance(facts, dict):
        for vendor, key, variable in (("nvidia", "gpus", NVIDIA), ("amd", "devices", AMD)):
            said = facts.get(vendor)
            found = said.get(key) if isinstance(said, dict) else None
            if found:
                return variable, len(found)
    return NVIDIA, 0
