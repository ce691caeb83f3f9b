"""The processor: what its instructions are good for, and which wheels would die on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from packaging.version import Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.facts import Cpu, Facts
from ..platforms import machine_of
from ..tables import table
from ..versions import version

# x86-64 psABI: what a level promises of the features that the table asks for
LEVELS = {
    "x86-64": frozenset[str](),
    "x86-64-v2": frozenset({"ssse3", "sse4_1", "sse4_2"}),
    "x86-64-v3": frozenset({"ssse3", "sse4_1", "sse4_2", "avx", "avx2", "fma"}),
    "x86-64-v4": frozenset({"ssse3", "sse4_1", "sse4_2", "avx", "avx2", "fma", "avx512f"}),
}
IMPLIED = {
    "avx512f": "avx2",
    "avx2": "avx",
    "avx": "sse4_2",
    "sse4_2": "sse4_1",
}
SHOWN = {"sse4_1": "SSE4.1", "sse4_2": "SSE4.2", "avx": "AVX", "avx2": "AVX2", "avx512f": "AVX-512"}
Severity = Literal["warning", "note"]
EMULATED = ("kvm", "qemu", "vmware", "oracle", "microsoft", "xen")


def features(cpu: Cpu) -> frozenset[str] | None:
    """Return what an x86-64 processor can do, None where the facts do not tell."""
    if not cpu.level and not cpu.features:
        return None
    found = set(cpu.features) | LEVELS.get(cpu.level, frozenset())
    for one, implied in IMPLIED.items():
        if one in found:
            found.add(implied)
    return frozenset(found)


def reason(facts: Facts) -> Text:
    """Return why the CPU build: there is no accelerator; and what this processor has for it."""
    if "amx_tile" in facts.cpu.features:
        return text("lock.accelerator.no_gpu_amx", cpu=facts.cpu.model or "?")
    found = features(facts.cpu)
    if machine_of(facts.platform) == "x86_64" and found is not None and "avx2" not in found:
        best = next((SHOWN[one] for one in ("avx", "sse4_2", "sse4_1") if one in found), "SSE2")
        return text("lock.accelerator.no_gpu_old", cpu=facts.cpu.model or "?", best=best)
    return text("lock.accelerator.no_gpu")


def cpu_findings(packages: Mapping[str, str], facts: Facts) -> tuple[Problem, ...]:
    """Return which of the packages (normalised name to version) would not run on this processor or libc.

    PV370 (warning): an illegal instruction is certain. PV371 (note): some of
    their code needs what this processor lacks. PV372 (warning): no wheels for musl.
    """
    return (*_instructions(packages, facts), *_musl(packages, facts))


def instructions(packages: Mapping[str, str]) -> tuple[tuple[str, str, str, bool], ...]:
    """Return (package, version, feature as Linux names it, whether it is certain) for x86-64 processors."""
    return tuple(
        (row["name"], packages[row["name"]], row["needs"], bool(row["sure"])) for row in _wanting(packages)
    )


def _wanting(packages: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of the table for these packages in these versions."""
    for row in table("cpu_instructions")["packages"]:
        have = version(packages.get(row["name"]))
        if have is not None and have >= Version(row["from"]):
            yield row


def _instructions(packages: Mapping[str, str], facts: Facts) -> tuple[Problem, ...]:
    found = features(facts.cpu)
    if machine_of(facts.platform) != "x86_64" or found is None:
        return ()
    by_code: dict[str, list[str]] = {}
    missing: set[str] = set()
    instead: list[str] = []
    for row in _wanting(packages):
        if row["needs"] in found:
            continue
        code = "PV370" if row["sure"] else "PV371"
        by_code.setdefault(code, []).append(f"{row['name']} {packages[row['name']]} ({SHOWN[row['needs']]})")
        missing.add(row["needs"])
        instead += [row["instead"]] if "instead" in row else []
    problems = []
    for code, names in sorted(by_code.items()):
        hints = [Hint(text("PV370.hint_instead", packages=", ".join(instead)))] if instead else []
        if facts.container.virtual in EMULATED:
            hints.append(Hint(text("PV370.hint_virtual")))
        hints.append(Hint(text("PV370.hint")))
        severity: Severity = "warning" if code == "PV370" else "note"
        words = {"names": ", ".join(names), "cpu": facts.cpu.model or "?"}
        problems.append(Problem(code, text(code, **words), None, None, tuple(hints), severity))
    return tuple(problems)


def _musl(packages: Mapping[str, str], facts: Facts) -> tuple[Problem, ...]:
    if facts.platform.libc != "musl":
        return ()
    names = [one for one in table("cpu_instructions")["musl"]["names"] if one in packages]
    if not names:
        return ()
    return (problem("PV372", severity="warning", names=", ".join(names), hints=(Hint(text("PV372.hint")),)),)
