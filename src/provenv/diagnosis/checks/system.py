"""The system under the environment: compilers, headers, processor, declared packages, WSL."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from ... import system
from ...errors import text, verbatim
from ...model.diagnosis import Advice
from ...model.facts import Cpu, Facts
from ...model.findings import Finding
from ..ground import Ground
from .advising import wanted
from .common import advice, building, joined

# what compiles C as it runs: Triton's launcher, PyTorch's and DeepSpeed's extensions
COMPILING = frozenset(("triton", "deepspeed", "flashinfer-python", "ninja", "numba-cuda"))
LEVEL: Mapping[str, int] = {"sse4_1": 2, "sse4_2": 2, "avx": 3, "avx2": 3, "avx512f": 4}
IMPLYING: Mapping[str, tuple[str, ...]] = {
    "sse4_1": ("sse4_2", "avx", "avx2", "avx512f"),
    "sse4_2": ("avx", "avx2", "avx512f"),
    "avx": ("avx2", "avx512f"),
    "avx2": ("avx512f",),
}
SHOWN: Mapping[str, str] = {
    "sse4_1": "SSE4.1",
    "sse4_2": "SSE4.2",
    "avx": "AVX",
    "avx2": "AVX2",
    "avx512f": "AVX-512",
}
OLD_WSL_KERNEL = (5, 10)


def compiling(ground: Ground) -> Iterator[Finding]:
    """Yield a missing compiler or missing headers, where something is to be compiled."""
    around, facts = ground.surroundings, ground.facts
    assert around is not None
    assert facts is not None
    sources, running = around.compiled, sorted(wanted(ground) & COMPILING)
    if facts.platform.system == "windows" or not (sources or running):
        return
    manager = system.manager_of(facts)
    grave = building(ground) if sources else "hurts"
    if not {"gcc", "cc", "clang"} & set(around.compilers):
        package = {
            "apt": "build-essential",
            "dnf": "gcc-c++",
            "zypper": "gcc-c++",
            "pacman": "base-devel",
            "apk": "build-base",
        }
        yield Finding(
            "compiler-missing",
            "system",
            grave,
            what=text("doctor.system.no_compiler"),
            why=text("doctor.system.builds", n=len(sources), names=joined(sources))
            if sources
            else text("doctor.system.compiles", names=joined(running)),
            remedies=(
                advice(None, "xcode-select --install")
                if facts.platform.system == "darwin"
                else _install(manager, package.get(manager.name, "gcc") if manager else "gcc"),
            ),
            subject="cc",
            cause="missing-compiler",
        )
    if around.headers is False and facts.platform.system == "linux":
        named = {
            "apt": f"python{around.python}-dev",
            "dnf": f"python{around.python}-devel",
            "zypper": f"python{around.python.replace('.', '')}-devel",
            "apk": "python3-dev",
        }
        yield Finding(
            "headers-missing",
            "system",
            grave,
            what=text("doctor.system.no_headers", version=around.python),
            why=text("doctor.system.builds", n=len(sources), names=joined(sources))
            if sources
            else text("doctor.system.compiles", names=joined(running)),
            remedies=(
                _install(manager, named.get(manager.name, "python3-devel") if manager else "python3-devel"),
                advice(text("doctor.system.own_python"), f"uv python install {around.python}"),
            ),
            subject="Python.h",
            cause="missing-python-headers",
        )


def declared(ground: Ground) -> Iterator[Finding]:
    """Yield declared packages of the system that are missing."""
    around = ground.surroundings
    assert around is not None
    if around.lacking:
        by_hand = shlex.join(around.install)
        own = (
            (Advice(text("doctor.system.by_hand"), (by_hand,), by_hand.startswith("sudo ")),)
            if by_hand
            else ()
        )
        yield Finding(
            "system-package-missing",
            "system",
            "hurts",
            what=text("doctor.system.lacking", n=len(around.lacking), names=joined(around.lacking)),
            remedies=(advice(None, "provenv system --install"), *own),
            subject=" ".join(around.lacking),
            cause="missing-system-lib",
        )


def processor(ground: Ground) -> Iterator[Finding]:
    """Yield wheels that use instructions which this processor does not have."""
    around, facts = ground.surroundings, ground.facts
    assert around is not None
    assert facts is not None
    if facts.platform.machine.lower() not in ("x86_64", "amd64") or not (
        facts.cpu.features or facts.cpu.level
    ):
        return
    lacking = [row for row in around.instructions if not _has(facts.cpu, row[2])]
    for certain in (True, False):
        found = [row for row in lacking if row[3] is certain]
        if not found:
            continue
        wanted = ", ".join(dict.fromkeys(SHOWN[feature] for _, _, feature, _ in found))
        yield Finding(
            "instructions-missing",
            "system",
            "blocks" if certain else "better",
            what=text("doctor.system.instructions", features=wanted, names=joined(row[0] for row in found)),
            why=text("doctor.system.instructions.why")
            if certain
            else text("doctor.system.instructions.maybe"),
            evidence=tuple(
                text("doctor.system.cpu", model=facts.cpu.model or "?", level=facts.cpu.level or "?")
                for _ in (0,)
            )
            + tuple(verbatim(f"{name} {version}: {SHOWN[feature]}") for name, version, feature, _ in found),
            remedies=(
                *((advice(text("doctor.system.instructions.virtual")),) if facts.container.virtual else ()),
                advice(text("doctor.system.instructions.older", names=joined(row[0] for row in found))),
            ),
            subject=wanted,
            cause="illegal-instruction-cpu",
        )


def wsl(ground: Ground) -> Iterator[Finding]:
    """Yield what WSL itself makes slow or impossible."""
    facts = ground.facts
    assert facts is not None
    if not facts.container.wsl:
        return
    if facts.container.wsl == 1:
        yield Finding(
            "wsl-1",
            "system",
            "hurts",
            what=text("doctor.wsl.one"),
            why=text("doctor.wsl.one.why"),
            remedies=(advice(text("doctor.wsl.convert"), "wsl.exe --set-version Ubuntu 2"),),
            cause="wsl-driver",
        )
    kernel = re.match(r"(\d+)\.(\d+)", facts.platform.kernel)
    if facts.container.wsl == 2 and kernel and (int(kernel[1]), int(kernel[2])) < OLD_WSL_KERNEL:
        yield Finding(
            "wsl-old",
            "system",
            "hurts",
            what=text("doctor.wsl.old", kernel=facts.platform.kernel),
            why=text("doctor.wsl.old.why"),
            remedies=(advice(None, "wsl.exe --update", "wsl.exe --shutdown"),),
            cause="wsl-driver",
        )
    project = next((one for one in facts.disks if one.purpose == "project"), None)
    if project is not None and _on_windows(facts, project.path, project.filesystem):
        yield Finding(
            "wsl-windows-drive",
            "system",
            "hurts",
            what=text("doctor.wsl.drive", path=project.path),
            why=text("doctor.wsl.drive.why"),
            evidence=(verbatim(f"{project.path}: {project.filesystem} ({project.device})"),),
            remedies=(advice(text("doctor.wsl.move"), f"cp -a {shlex.quote(project.path)} ~/"),),
            subject=project.path,
            cause="wsl-driver",
        )


def _on_windows(facts: Facts, path: str, filesystem: str) -> bool:
    return filesystem in ("9p", "drvfs", "v9fs") or re.match(r"/mnt/[a-z](/|$)", path) is not None


def _has(cpu: Cpu, feature: str) -> bool:
    level = int(cpu.level.rpartition("-v")[2]) if "-v" in cpu.level else 1
    have = set(cpu.features)
    return level >= LEVEL.get(feature, 9) or feature in have or bool(have & set(IMPLYING.get(feature, ())))


def _install(manager: system.Manager | None, package: str) -> Advice:
    if manager is None:
        return advice(text("doctor.system.install", package=package))
    lines = [shlex.join(words) for words in (manager.refresh, (*manager.install, package)) if words]
    return advice(None, *lines, root=manager.root)
