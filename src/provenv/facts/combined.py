"""The facts of several hosts -> those of one that none falls short of: what fits it fits all; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ..errors import Failure, Hint, Problem, problem, text
from ..model.devices import Devices
from ..model.facts import Container, Cpu, Disk, Facts, Gpu, Limits, Memory, Nvidia, Platform, Python, Tool
from ..model.host_names import folded
from ..model.lock import Choice
from .deciding import VENDORS

T = TypeVar("T")
Told = Sequence[tuple[str, Facts]]
SUBJECT = "hosts"
"""What a lock calls a choice between hosts: `hosts:libc`, `hosts:driver`..."""
READY = ("ready", "no-permission", "no-device", "broken", "none")
"""States of a vendor's devices, the best first."""

UNKNOWN_LIBC = (2, 28)
"""What stands for a C library that a host does not tell: what a lock supposes of one."""


@dataclass(frozen=True)
class Combined:
    """The facts that all of them satisfy, which host decided where they differ, and what that costs."""

    facts: Facts
    choices: tuple[Choice, ...] = ()
    findings: tuple[Problem, ...] = ()


def combined(told: Told) -> Combined:
    """Return what one lock for all these hosts is made from: of everything the least that any of them has.

    `told` names at least one host. Raises Failure PV1340 where they are of different systems, processors or
    C libraries: no lock fits both.
    """
    for what, value in ALIKE.items():
        _same(what, value, told)
    every = [facts for _, facts in told]
    oldest = min(told, key=lambda one: _numbers(_release(one[1].platform)) or UNKNOWN_LIBC)
    found = Facts(
        platform=replace(oldest[1].platform, l4t=_lowest([one.platform.l4t for one in every])),
        cpu=_cpu([one.cpu for one in every]),
        memory=_memory([one.memory for one in every]),
        disks=tuple(_disks(every)),
        limits=_limits([one.limits for one in every]),
        container=Container(wsl=max(one.container.wsl for one in every)),
        nvidia=_nvidia([one.nvidia for one in every]),
        pythons=_pythons(every),
        tools=_tools(every),
        toolkits=tuple(one for one in every[0].toolkits if all(one in other.toolkits for other in every)),
        variables=tuple(one for one in every[0].variables if all(one in other.variables for other in every)),
        amd=_devices([one.amd for one in every]),
        intel=_devices([one.intel for one in every]),
        apple=_devices([one.apple for one in every]),
        ascend=_devices([one.ascend for one in every]),
        tpu=_devices([one.tpu for one in every]),
    )
    return Combined(found, tuple(_choices(told, found)), tuple(_idle(told, found)))


def _same(what: str, value: Callable[[Facts], str], told: Told) -> None:
    groups: dict[str, list[str]] = {}
    for host, facts in told:
        if said := value(facts):
            groups.setdefault(said, []).append(host)
    if len(groups) < 2:
        return
    listed = "; ".join(f"{name}: {folded(hosts)}" for name, hosts in groups.items())
    smallest = min(groups.values(), key=len)
    hints = (Hint(text("PV1340.hint", hosts=folded(smallest))),)
    raise Failure(problem("PV1340", why=text(f"PV1340.{what}", groups=listed), hints=hints))


ALIKE: dict[str, Callable[[Facts], str]] = {
    "system": lambda facts: facts.platform.system,
    "machine": lambda facts: facts.platform.machine,
    "libc": lambda facts: facts.platform.libc,
    # NVIDIA's builds for its boards are no others' (Tegra, Linux for Tegra)
    "board": lambda facts: "Tegra" if facts.platform.l4t else "-",
}


def _release(platform: Platform) -> str:
    return platform.distribution_version if platform.system == "darwin" else platform.libc_version


def _cpu(every: Sequence[Cpu]) -> Cpu:
    first = every[0]
    return Cpu(
        model=first.model if len({one.model for one in every}) == 1 else "",
        vendor=first.vendor if len({one.vendor for one in every}) == 1 else "",
        logical=min(one.logical for one in every),
        physical=min(one.physical for one in every),
        granted=min(one.granted for one in every),
        features=tuple(one for one in first.features if all(one in other.features for other in every)),
        level=_lowest([one.level for one in every]),
    )


def _memory(every: Sequence[Memory]) -> Memory:
    return Memory(
        total=min(one.total for one in every),
        available=min(one.available for one in every),
        granted=min(one.granted for one in every),
        swap=min(one.swap for one in every),
        shm_total=_least(one.shm_total for one in every),
        shm_free=_least(one.shm_free for one in every),
        cgroup_version=every[0].cgroup_version,
    )


def _disks(every: Sequence[Facts]) -> Iterable[Disk]:
    """Yield of each purpose the disk that has the least room."""
    for purpose in dict.fromkeys(disk.purpose for facts in every for disk in facts.disks):
        found = [disk for facts in every for disk in facts.disks if disk.purpose == purpose]
        yield min(found, key=lambda disk: disk.free)


def _limits(every: Sequence[Limits]) -> Limits:
    return Limits(
        _least(one.open_files for one in every),
        _least(one.processes for one in every),
        _least(one.locked_memory for one in every),
        _least(one.address_space for one in every),
    )


def _nvidia(every: Sequence[Nvidia]) -> Nvidia:
    """Return the devices that all have, of every model one; else those of the host that has none."""
    worst = max(every, key=lambda one: (READY.index(one.state), not one.gpus))
    if worst.state != "ready" or not worst.gpus:
        return worst
    gpus: dict[tuple[str, str | None], Gpu] = {}
    for one in (gpu for nvidia in every for gpu in nvidia.gpus):
        known = gpus.get((one.name, one.compute_capability))
        least = _least([one.memory, known.memory if known else None])
        gpus[one.name, one.compute_capability] = replace(one, index=len(gpus), memory=least)
    return Nvidia(
        "ready",
        _lowest([one.driver or "" for one in every]) or None,
        _lowest([one.cuda or "" for one in every]) or None,
        tuple(gpus.values()),
    )


def _devices(every: Sequence[Devices]) -> Devices:
    worst = max(every, key=lambda one: (READY.index(one.state), not one.devices))
    if worst.state != "ready" or not worst.devices:
        return worst
    kinds = {(one.name, one.architecture): one for devices in every for one in devices.devices}
    return Devices(
        "ready",
        tuple(kinds.values()),
        _lowest([one.driver for one in every]),
        _lowest([one.runtime for one in every]),
    )


def _pythons(every: Sequence[Facts]) -> tuple[Python, ...]:
    """Return the minor versions that all have, in the first one's order, each as the oldest patch of them."""
    found: dict[str, Python] = {}
    for python in every[0].pythons:
        minor = _minor(python)
        same = [next((one for one in facts.pythons if _minor(one) == minor), None) for facts in every]
        if minor in found or None in same or python.implementation != "cpython":
            continue
        known = [one for one in same if one is not None]
        paths = {one.path for one in known}
        path = python.path if len(paths) == 1 else f"python{minor}"
        found[minor] = Python(path, _lowest([one.version for one in known]))
    return tuple(found.values())


def _minor(python: Python) -> str:
    kind = "" if python.implementation == "cpython" else python.implementation
    return kind + ".".join(python.version.split(".")[:2])


def _tools(every: Sequence[Facts]) -> tuple[Tool, ...]:
    found = []
    for tool in every[0].tools:
        same = [next((one for one in facts.tools if one.name == tool.name), None) for facts in every]
        if None not in same:
            found.append(replace(tool, version=_lowest([one.version for one in same if one is not None])))
    return tuple(found)


def _choices(told: Told, found: Facts) -> Iterable[Choice]:
    """Yield which host decided what, where they differ in something that decides."""
    for what, value in DECIDING.items():
        least = value(found)
        if least and len({value(facts) for _, facts in told}) > 1:
            hosts = folded(host for host, facts in told if value(facts) == least)
            yield Choice(f"{SUBJECT}:{what}", least, text(f"combined.{what}", hosts=hosts))
    missing = {
        minor: [host for host, facts in told if minor not in map(_minor, facts.pythons)]
        for minor in dict.fromkeys(_minor(one) for _, facts in told for one in facts.pythons)
    }
    lacking = {minor: hosts for minor, hosts in missing.items() if hosts}
    if lacking:
        common = ",".join(map(_minor, found.pythons)) or "-"
        words = "; ".join(f"{minor}: {folded(hosts)}" for minor, hosts in lacking.items())
        yield Choice(f"{SUBJECT}:python", common, text("combined.python", missing=words))


DECIDING: dict[str, Callable[[Facts], str]] = {
    "libc": lambda facts: facts.platform.libc_version,
    "level": lambda facts: facts.cpu.level,
    "driver": lambda facts: facts.nvidia.driver or "",
}


def _idle(told: Told, found: Facts) -> Iterable[Problem]:
    """Yield a warning for devices that some hosts have and that no lock for all can use."""
    for name in ("nvidia", *VENDORS):
        if getattr(found, name).state == "ready":
            continue
        have = [host for host, facts in told if getattr(facts, name).state == "ready"]
        if have:
            lack = folded(host for host, _ in told if host not in have)
            hints = (Hint(text("PV1341.hint", hosts=folded(have))),)
            why = text("PV1341.why", hosts=lack)
            yield problem(
                "PV1341", severity="warning", why=why, hints=hints, vendor=NAMES[name], hosts=folded(have)
            )


NAMES = {
    "nvidia": "NVIDIA",
    "amd": "AMD",
    "intel": "Intel",
    "apple": "Apple",
    "ascend": "Ascend",
    "tpu": "TPU",
}


def _least(values: Iterable[int | None]) -> int | None:
    return min((one for one in values if one is not None), default=None)


def _lowest(versions: Iterable[str]) -> str:
    """Return the lowest of the versions that are known; nothing where none is."""
    return min(filter(None, versions), key=_numbers, default="")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", version))
