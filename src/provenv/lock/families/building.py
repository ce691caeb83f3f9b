"""What a machine has for compiling: compilers, the CUDA toolkit, how many jobs its memory carries. Pure."""

from __future__ import annotations

from pathlib import PurePath

from ...model.facts import Facts

COMPILERS = ("g++", "clang++", "clang", "cl", "c++")
GIB = 1 << 30


def compilers(facts: Facts) -> tuple[str, ...]:
    """Return the C++ compilers of the machine."""
    names = {tool.name for tool in facts.tools}
    return tuple(name for name in COMPILERS if name in names)


def nvcc(facts: Facts) -> str | None:
    """Return the version of the CUDA compiler that a build would take, None where there is none."""
    active = [one.version for one in facts.toolkits if one.name == "cuda" and one.active]
    others = [one.version for one in facts.toolkits if one.name == "cuda"]
    tools = [tool.version for tool in facts.tools if tool.name == "nvcc"]
    return next(iter((*active, *tools, *others)), None)


def cuda_home(facts: Facts) -> str | None:
    """Return the folder of that toolkit, as CUDA_HOME wants it."""
    toolkits = sorted((one for one in facts.toolkits if one.name == "cuda"), key=lambda one: not one.active)
    if toolkits:
        return toolkits[0].path
    tool = next((one for one in facts.tools if one.name == "nvcc"), None)
    return PurePath(tool.path).parent.parent.as_posix() if tool and tool.path else None


def jobs(facts: Facts, memory_gb: float) -> int:
    """Return how many compilers may run at once: by cores and by memory in GiB for each (MAX_JOBS)."""
    cores = int(facts.cpu.granted) or facts.cpu.logical or 1
    memory = facts.memory.granted or facts.memory.total
    return max(1, min(cores, int(memory / GIB / memory_gb) if memory else cores))


def architectures(facts: Facts) -> str:
    """Return the GPUs' compute capabilities as TORCH_CUDA_ARCH_LIST wants them; empty where unknown."""
    found = {gpu.compute_capability for gpu in facts.nvidia.gpus if gpu.compute_capability}
    return ";".join(sorted(found))
