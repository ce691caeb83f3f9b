"""CUDA in an image once, from the wheels or from the base; what makes the runtime hand out GPUs."""

from __future__ import annotations

import re

from ...errors import Hint, Problem, problem, text
from ...model.image import Base
from ...model.lock import Lock
from .layers import chosen

_BASE = re.compile(
    r"(?:^|/)nvidia/(?:cuda:(?P<cuda>[\d.]+)-(?P<kind>(?:cudnn\d*-)?(?:runtime|devel))-(?P<rest>[\w.]+)"
    r"|(?:pytorch|tensorflow|cuda-dl-base):.+)|(?:^|/)pytorch/pytorch:.*cuda"
)


def uses_cuda(lock: Lock) -> bool:
    """Tell whether a lock computes on NVIDIA's GPUs."""
    choice = lock.choice("accelerator")
    return choice is not None and re.match(r"cu(da|\d{3})|jetson", choice.value) is not None


def gpu_variables(lock: Lock) -> dict[str, str]:
    """Return what NVIDIA's container runtime reads: which GPUs, and which of the driver's libraries.

    https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
    """
    if not uses_cuda(lock):
        return {}
    return {"NVIDIA_VISIBLE_DEVICES": '"all"', "NVIDIA_DRIVER_CAPABILITIES": '"compute,utility"'}


def twice(lock: Lock, base: Base) -> tuple[Problem, ...]:
    """Return the warning where CUDA's libraries come with the wheels and stand in the base too."""
    brought = [one for one in lock.packages if one.name.startswith("nvidia-")]
    found = _BASE.search(base.declared)
    if not brought or found is None:
        return ()
    size = sum((artifact.size or 0) for one in brought if (artifact := chosen(one, lock)) is not None)
    better = _without(found, lock)
    hint = Hint(text("PV1010.hint", base=better))
    return (
        problem(
            "PV1010",
            severity="warning",
            base=base.declared,
            size_bytes=size,
            why=text("PV1010.why", n=len(brought), base_bytes=base.size),
            hints=(hint,),
        ),
    )


def _without(found: re.Match[str], lock: Lock) -> str:
    """Return a base without CUDA's libraries: NVIDIA's smallest of that system, else Python's own."""
    minor = ".".join(lock.python.split(".")[:2]) or "3.12"
    return f"nvidia/cuda:{found['cuda']}-base-{found['rest']}" if found["kind"] else f"python:{minor}-slim"
