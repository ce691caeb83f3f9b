"""In what hosts differ that decides whether one environment fits all of them, and they train together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..model.facts import Facts
from ..model.fleet import Alike, Clock, Differing, HostResult
from .deciding import VENDORS

SKEW = 1.0
"""Seconds between a host's clock and ours that matter: certificates, file times, `make`, rendezvous."""


def differing(
    results: Sequence[HostResult[Facts]], clocks: Sequence[tuple[str, Clock]]
) -> tuple[Differing, ...]:
    """Return in what the hosts that answered differ; values that a host does not tell are passed over."""
    answered = [(one.host, one.value) for one in results if one.value is not None]
    found = []
    for what, value in VALUES.items():
        groups: dict[str, list[str]] = {}
        for host, facts in answered:
            if said := value(facts):
                groups.setdefault(said, []).append(host)
        if len(groups) > 1:
            found.append(_differing(what, groups))
    groups = {}
    for host, clock in clocks:
        if abs(clock.ahead) - clock.error > SKEW:
            groups.setdefault(f"{clock.ahead:+.1f}", []).append(host)
    if groups:
        found.append(_differing("clock", groups))
    return tuple(found)


def _differing(what: str, groups: Mapping[str, Sequence[str]]) -> Differing:
    alike = [Alike(value, tuple(hosts)) for value, hosts in groups.items()]
    return Differing(what, tuple(sorted(alike, key=lambda one: len(one.hosts), reverse=True)))


def _libc(facts: Facts) -> str:
    return f"{facts.platform.libc} {facts.platform.libc_version}".strip()


def _accelerators(facts: Facts) -> str:
    """Return the models of a host's accelerators, `-` where it has none; how many of them may differ."""
    others = [device.name for name in VENDORS for device in getattr(facts, name).devices]
    return ", ".join(sorted({*(gpu.name for gpu in facts.nvidia.gpus), *others})) or "-"


VALUES: Mapping[str, Callable[[Facts], str]] = {
    "system": lambda facts: facts.platform.system,
    "machine": lambda facts: facts.platform.machine,
    "libc": _libc,
    "level": lambda facts: facts.cpu.level,
    "accelerators": _accelerators,
    "driver": lambda facts: facts.nvidia.driver or "",
}
