"""The machine's system: C library, memory, disks, limits, container, variables, tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import Text, text
from ...model.facts import Facts
from ..said import Stated
from .cuda import version

GIB = 1 << 30
SMALL_SHM = GIB
# less than this is not enough to install or to write a checkpoint
LITTLE_DISK = 2 * GIB
LITTLE_MEMORY = 4 * GIB
FEW_FILES = 4096
# manylinux_2_28 is what today's large packages are built for
OLD_GLIBC = "2.28"
COMPILERS = ("gcc", "g++", "clang", "cl")


def _glibc(said: Stated, facts: Facts) -> Text | None:
    platform = facts.platform
    if platform.libc == "musl":
        return text("diagnosis.machine.musl")
    own, least = version(platform.libc_version), version(OLD_GLIBC)
    if platform.libc != "glibc" or own is None or least is None or own >= least:
        return None
    return text("diagnosis.machine.glibc_old", version=platform.libc_version, wanted=OLD_GLIBC)


def _shm(said: Stated, facts: Facts) -> Text | None:
    total = facts.memory.shm_total
    if total is None or total >= SMALL_SHM:
        return None
    return text("diagnosis.machine.shm_small", size_bytes=total)


def _disk(said: Stated, facts: Facts) -> Text | None:
    fullest = min((disk for disk in facts.disks if disk.total), key=lambda disk: disk.free, default=None)
    if fullest is None or fullest.free >= LITTLE_DISK:
        return None
    return text("diagnosis.machine.disk_full", path=fullest.path, free_bytes=fullest.free)


def _memory(said: Stated, facts: Facts) -> Text | None:
    memory = facts.memory
    granted = memory.granted or memory.total
    if not granted or min(granted, memory.available or granted) >= LITTLE_MEMORY:
        return None
    if memory.granted and memory.granted < memory.total:
        return text(
            "diagnosis.machine.memory_granted", granted_bytes=memory.granted, total_bytes=memory.total
        )
    return text("diagnosis.machine.memory_small", free_bytes=memory.available, total_bytes=memory.total)


def _files(said: Stated, facts: Facts) -> Text | None:
    limit = facts.limits.open_files
    if limit is None or limit > FEW_FILES:
        return None
    return text("diagnosis.machine.open_files_low", limit=limit)


def _container(said: Stated, facts: Facts) -> Text | None:
    if not facts.container.kind:
        return None
    return text("diagnosis.machine.in_container", kind=facts.container.kind)


def _wsl(said: Stated, facts: Facts) -> Text | None:
    return text("diagnosis.machine.wsl", version=facts.container.wsl) if facts.container.wsl else None


def _proxy(said: Stated, facts: Facts) -> Text | None:
    found = [f"{name}={value}" for name, value in facts.network.proxies if name != "NO_PROXY"]
    if facts.pip.proxy:
        found.append(f"pip proxy = {facts.pip.proxy}")
    return text("diagnosis.machine.proxy_set", proxies=", ".join(found)) if found else None


def _loader(said: Stated, facts: Facts) -> Text | None:
    value = _variables(facts).get("LD_LIBRARY_PATH")
    return text("diagnosis.machine.ld_library_path", value=value) if value else None


def _avx(said: Stated, facts: Facts) -> Text | None:
    cpu = facts.cpu
    if facts.platform.machine.lower() not in ("x86_64", "amd64") or not cpu.features or "avx" in cpu.features:
        return None
    return text("diagnosis.machine.no_avx", model=cpu.model or cpu.vendor or "?")


def _compiler(said: Stated, facts: Facts) -> Text | None:
    there = {tool.name for tool in facts.tools}
    return None if there & set(COMPILERS) else text("diagnosis.machine.no_compiler")


def _engine(said: Stated, facts: Facts) -> Text | None:
    return None if facts.engines else text("diagnosis.machine.no_engine")


def _denied(said: Stated, facts: Facts) -> Text | None:
    for engine in facts.engines:
        if not engine.reachable and "denied" in engine.detail.lower():
            return text("diagnosis.machine.engine_denied", name=engine.name)
    return None


def _down(said: Stated, facts: Facts) -> Text | None:
    for engine in facts.engines:
        if not engine.reachable and "denied" not in engine.detail.lower():
            return text("diagnosis.machine.engine_down", name=engine.name, detail=engine.detail or "?")
    return None


def _runtime(said: Stated, facts: Facts) -> Text | None:
    """Tell that an engine knows no way to hand NVIDIA's GPUs to a container."""
    for engine in facts.engines:
        if engine.reachable and "nvidia" not in engine.runtimes and not engine.cdi:
            return text("diagnosis.machine.no_gpu_runtime", name=engine.name)
    return None


def _kvm(said: Stated, facts: Facts) -> Text | None:
    return text("diagnosis.machine.kvm_denied") if facts.kvm == "no-permission" else None


def _no_kvm(said: Stated, facts: Facts) -> Text | None:
    return text("diagnosis.machine.no_kvm") if facts.kvm == "absent" else None


def _conda(said: Stated, facts: Facts) -> Text | None:
    prefix = _variables(facts).get("CONDA_PREFIX")
    return text("diagnosis.machine.conda_active", prefix=prefix) if prefix else None


def _python_path(said: Stated, facts: Facts) -> Text | None:
    for name in ("PYTHONPATH", "PYTHONHOME"):
        value = _variables(facts).get(name)
        if value:
            return text("diagnosis.machine.python_path", name=name, value=value)
    return None


def _rosetta(said: Stated, facts: Facts) -> Text | None:
    platform = facts.platform
    if platform.system != "darwin" or platform.machine != "x86_64":
        return None
    if "apple" not in f"{facts.cpu.model} {facts.cpu.vendor}".lower():
        return None
    return text("diagnosis.machine.rosetta", model=facts.cpu.model or "Apple")


def _arm(said: Stated, facts: Facts) -> Text | None:
    machine = facts.platform.machine.lower()
    return text("diagnosis.machine.arm", machine=machine) if machine in ("aarch64", "arm64") else None


def _toolkit(said: Stated, facts: Facts) -> Text | None:
    """Tell that no CUDA toolkit lies here, which extensions are built with."""
    if any(one.name == "cuda" for one in facts.toolkits) or any(one.name == "nvcc" for one in facts.tools):
        return None
    return text("diagnosis.machine.no_cuda_toolkit")


def _read_only(said: Stated, facts: Facts) -> Text | None:
    for disk in facts.disks:
        if not disk.writable:
            return text("diagnosis.machine.read_only", path=disk.path)
    return None


def _variables(facts: Facts) -> dict[str, str]:
    return dict(facts.variables)


LOOKS: Mapping[str, Callable[[Stated, Facts], Text | None]] = {
    "machine.glibc-old": _glibc,
    "machine.shm-small": _shm,
    "machine.disk-full": _disk,
    "machine.memory-small": _memory,
    "machine.open-files-low": _files,
    "machine.in-container": _container,
    "machine.wsl": _wsl,
    "machine.proxy-set": _proxy,
    "machine.ld-library-path": _loader,
    "machine.no-avx": _avx,
    "machine.no-compiler": _compiler,
    "machine.no-engine": _engine,
    "machine.engine-denied": _denied,
    "machine.engine-down": _down,
    "machine.no-gpu-runtime": _runtime,
    "machine.kvm-denied": _kvm,
    "machine.no-kvm": _no_kvm,
    "machine.conda-active": _conda,
    "machine.python-path-set": _python_path,
    "machine.rosetta": _rosetta,
    "machine.arm": _arm,
    "machine.no-cuda-toolkit": _toolkit,
    "machine.read-only": _read_only,
}
