"""Packages that compile against torch, or whose wheels belong to one torch: said before they fail.

What is missing here (GPU, compiler, CUDA toolkit of the right major, memory) is
looked up in the facts; where all is there, they are built after torch and
without isolation, so that they see the very torch that they will be used with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.version import Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.lock import Choice
from ..builds import cuda_version, is_cuda
from ..tables import table
from .building import compilers, jobs, nvcc
from .fitted import Addition, Part
from .wanted import Wanted, overlaps, runs


def fit(wanted: Wanted, major: int | None, also: tuple[str, ...] = ()) -> Part:
    """Return how each of them is built, and every reason why it would fail on this machine.

    `also` are packages that no table knows and whose own setup turned out to import torch.
    """
    part = Part()
    for name, row in table("families/compiled")["packages"].items():
        if wanted.has(name):
            part += _one(wanted, name, row, major)
    for name in also:
        part += _unisolated(wanted, name, {}) + Part(findings=tuple(_tools(wanted, name, {}, major)))
    return part


def _one(wanted: Wanted, name: str, row: Mapping[str, Any], major: int | None) -> Part:
    stopping = _stopping(wanted, name, row)
    if stopping is not None:
        return Part(findings=(stopping,))
    part = Part(findings=tuple(_remarks(wanted, name, row)))
    if "rows" in row:
        part += _versions(wanted, name, row, major)
    if not row.get("torch_at_build") or (
        wanted.declared(name) and wanted.line(name).parsed.url is None and row.get("absent")
    ):
        return part
    if row.get("wheels") != "none" and not _from_source(wanted, name):
        return part
    return part + _unisolated(wanted, name, row) + Part(findings=tuple(_tools(wanted, name, row, major)))


def _stopping(wanted: Wanted, name: str, row: Mapping[str, Any]) -> Problem | None:
    """Return the error about something that can't work on this machine, whatever is installed."""
    declared = wanted.declared(name)
    where = wanted.line(name).requirement.where if declared else None
    if declared and row.get("absent") and wanted.line(name).parsed.url is None and name not in wanted.locked:
        hint = Hint(text("PV394.hint_where", line=f"{name} @ {row['where']}"))
        return problem("PV394", where=where, name=name, why=text("PV394.absent", name=name), hints=(hint,))
    kinds = row.get("kinds", ())
    if kinds and wanted.kind not in kinds:
        return problem(
            "PV394",
            where=where,
            name=name,
            why=text("PV394.kind", name=name, kinds=", ".join(kinds), kind=wanted.kind),
            hints=_elsewhere(wanted, row),
            severity="error" if declared else "warning",
        )
    systems = row.get("systems", ())
    if systems and wanted.system not in systems:
        why = text("PV394.system", systems=", ".join(systems), system=wanted.system)
        return problem("PV394", where=where, name=name, why=why, hints=_elsewhere(wanted, row))
    floor, gpus = row.get("capability"), wanted.facts.nvidia.gpus
    if wanted.kind != "cuda" or not floor:
        return None
    older = [
        one for one in gpus if one.compute_capability and Version(one.compute_capability) < Version(floor)
    ]
    if not older:
        return None
    names = ", ".join(dict.fromkeys(one.name for one in older))
    why = text("PV394.capability", gpus=names, capability=older[0].compute_capability or "?", floor=floor)
    some = len(older) < len(gpus) or bool(row.get("cpu")) or not declared
    return problem(
        "PV394",
        where=where,
        name=name,
        why=why,
        hints=(Hint(text("PV394.hint_capability", name=name)),),
        severity="warning" if some else "error",
    )


def _elsewhere(wanted: Wanted, row: Mapping[str, Any]) -> tuple[Hint, ...]:
    other = row.get("others", {}).get(wanted.kind)
    named = (Hint(text("PV394.hint_other", kind=wanted.kind, other=other)),) if other else ()
    return (*named, Hint(text("PV394.hint_group")))


def _remarks(wanted: Wanted, name: str, row: Mapping[str, Any]) -> Iterator[Problem]:
    if not wanted.declared(name):
        return
    where = wanted.line(name).requirement.where
    if row.get("misnamed") and wanted.line(name).parsed.url is None:
        hint = Hint(text("PV394.hint_where", line=f"{name} @ {row['where']}"))
        yield problem(
            "PV395",
            severity="warning",
            where=where,
            name=name,
            why=text("PV395.misnamed", name=name),
            hints=(hint,),
        )
    if row.get("ended"):
        why = text("PV395.ended", other=row["ended"])
        yield problem("PV395", severity="note", where=where, name=name, why=why)
    if row.get("nvcc_at_run") and wanted.kind == "cuda" and wanted.facts.tools and nvcc(wanted.facts) is None:
        yield problem("PV395", severity="note", where=where, name=name, why=text("PV395.nvcc_at_run"))
    if row.get("index") and overlaps(wanted.specifiers(name), row["index"]["from"], None):
        line = f"--extra-index-url {row['index']['address']}"
        why = text("PV395.index", first=row["index"]["from"])
        hints = (Hint(text("PV395.hint_links", line=line)),)
        yield problem("PV395", severity="note", where=where, name=name, why=why, hints=hints)
    links = row.get("links")
    if links and not wanted.spec.indexes.find_links:
        newest = wanted.locked.get("torch", "").partition("+")[0]
        address = str(links).format(torch=newest or "2.8.0", build=wanted.best.build)
        why = text("PV395.links", name=name)
        yield problem(
            "PV395",
            severity="note",
            where=where,
            name=name,
            why=why,
            hints=(Hint(text("PV395.hint_links", line=f"--find-links {address}")),),
        )


def _versions(wanted: Wanted, name: str, row: Mapping[str, Any], major: int | None) -> Part:
    """Return the newest versions whose wheel runs with this driver and these GPUs, as an upper limit."""
    above: str | None = None
    refusal: Text | None = None
    for one in reversed(row["rows"]):
        if overlaps(wanted.specifiers(name), one["from"], one["to"]):
            why = runs(wanted, one)
            if why is None and (major is None or Version(one["cuda"]).major == major):
                choice = Choice(
                    f"variant:{name}",
                    f"{name} CUDA {one['cuda']}",
                    text("lock.families.compiled.cuda", name=name, cuda=one["cuda"]),
                )
                limits = (f"{name}<{above}",) if above else ()
                return Part(constraints=limits, choices=(choice,))
            refusal = refusal or why
        above = one["from"]
    if refusal is None:
        return Part()
    where = wanted.line(name).requirement.where if wanted.declared(name) else None
    found = problem("PV394", where=where, name=name, why=refusal, hints=(Hint(text("PV394.hint_group")),))
    return Part(findings=(found,))


def _from_source(wanted: Wanted, name: str) -> bool:
    """Tell whether the user's line names a repository or a folder, which is always built."""
    return wanted.declared(name) and wanted.line(name).parsed.url is not None


def _unisolated(wanted: Wanted, name: str, row: Mapping[str, Any]) -> Part:
    """Return the building without isolation: with what has to lie beside torch for it."""
    rows = table("families/compiled")
    needed = (*rows["build_requires"], *row.get("build_requires", ()))
    requires = row.get("requires")
    count = jobs(wanted.facts, float(row.get("memory_gb", rows["memory_gb"])))
    why = text("lock.families.compiled.built", name=name, n=count)
    return Part(
        additions=tuple(Addition(one, one, name) for one in needed if not wanted.declared(one)),
        unisolated=(name,),
        metadata={name: tuple(requires)} if requires is not None and not _from_source(wanted, name) else {},
        choices=(Choice(f"build:{name}", str(count), why),),
    )


def _tools(wanted: Wanted, name: str, row: Mapping[str, Any], major: int | None) -> Iterator[Problem]:
    """Yield what the machine lacks to compile it; a machine whose tools are not known is not judged."""
    facts = wanted.facts
    where = wanted.line(name).requirement.where if wanted.declared(name) else None
    passes = bool(row.get("fetches"))
    severity: Any = "warning" if passes else "error"
    kept = (Hint(text("PV396.hint_fetches", name=name)),) if passes else ()
    if facts.tools and not compilers(facts):
        hints = (Hint(text("PV396.hint_compiler")), *kept)
        yield problem(
            "PV396", severity=severity, where=where, name=name, why=text("PV396.compiler"), hints=hints
        )
    if not row.get("nvcc") or wanted.kind != "cuda" or not (facts.tools or facts.toolkits):
        return
    found = nvcc(facts)
    wanted_major = major or (
        Version(cuda_version(wanted.best.build)).major if is_cuda(wanted.best.build) else None
    )
    if found is None:
        hints = (Hint(text("PV396.hint_nvcc", major=wanted_major or "?")), *kept)
        yield problem("PV396", severity=severity, where=where, name=name, why=text("PV396.nvcc"), hints=hints)
    elif Version(found) < Version(row.get("cuda_first", "0")):
        why = text("PV396.old", found=found, first=row["cuda_first"])
        hints = (Hint(text("PV396.hint_nvcc", major=wanted_major or "?")), *kept)
        yield problem("PV396", severity=severity, where=where, name=name, why=why, hints=hints)
    elif wanted_major is not None and Version(found).major != wanted_major:
        why = text("PV396.major", found=found, major=wanted_major)
        hints = (
            Hint(text("PV396.hint_major", major=wanted_major, found=Version(found).major)),
            *kept,
        )
        yield problem("PV396", severity=severity, where=where, name=name, why=why, hints=hints)
