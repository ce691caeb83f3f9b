"""A finished lock looked at once more: shared files, libraries for a GPU that is not there, known misfits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from ...errors import Hint, Problem, problem, text
from ...model.facts import Facts
from ...model.lock import Package
from ...model.spec import Spec
from ..accelerators import Decision, cpu_findings
from . import libraries, misfits
from .variants import groups
from .wanted import Wanted


def review(
    packages: Sequence[Package], spec: Spec, facts: Facts, decision: Decision, *, python: str = "3.11"
) -> tuple[Problem, ...]:
    """Return what deserves a warning in the packages of a lock, however they got there."""
    locked = {package.name: package.version for package in packages}
    wanted = Wanted(spec, facts, decision, python, locked)
    return (
        *_shared_files(wanted, packages),
        *libraries.review(wanted, packages),
        *_pairs(locked),
        *_display(wanted),
        *misfits.review(wanted),
        *cpu_findings(locked, facts),
    )


def _shared_files(wanted: Wanted, packages: Sequence[Package]) -> Iterable[Problem]:
    asking = {package.name: package.required_by for package in packages}
    for group in groups().values():
        members = [name for name in group["members"] if name in asking]
        if (
            len(members) < 2
            or all(wanted.declared(name) for name in members[:2])
            or _stubs(packages, members)
        ):
            continue
        yield problem(
            "PV399",
            severity="warning",
            names=", ".join(members),
            files=group["files"],
            why=text(
                "PV399.why",
                files=group["files"],
                asking="; ".join(f"{name} <- {', '.join(asking[name]) or '?'}" for name in members),
            ),
            hints=(Hint(text("PV399.hint"), f"provenv why {members[0]}"),),
        )


def _stubs(packages: Sequence[Package], members: Sequence[str]) -> bool:
    """Tell whether all but one only stand for the other (`tensorflow` requires `tensorflow-macos`)."""
    causes = {package.name: set(package.required_by) for package in packages if package.name in members}
    return any(causes[one] & set(members) for one in members)


def _display(wanted: Wanted) -> Iterable[Problem]:
    """Yield that OpenCV with windows needs libraries of a desktop, which containers and images lack."""
    for name in ("opencv-python", "opencv-contrib-python"):
        if name in wanted.locked and wanted.facts.container.kind:
            where = wanted.line(name).requirement.where if wanted.declared(name) else None
            hints = (Hint(text("PV394.hint_where", line=f"{name}-headless")),)
            why = text("PV395.headless", name=name)
            yield problem("PV395", severity="note", where=where, name=name, why=why, hints=hints)


def _pairs(locked: dict[str, str]) -> Iterable[Problem]:
    """Yield a jaxlib that is newer than its jax, with which jax refuses to start."""
    jax, jaxlib = locked.get("jax"), locked.get("jaxlib")
    if jax and jaxlib and Version(jax).release[:2] < Version(jaxlib).release[:2]:
        hint = Hint(text("PV393.hint", other="jaxlib", limit=f"<={jax}"))
        yield problem(
            "PV393",
            severity="warning",
            name="jax",
            version=jax,
            other="jaxlib",
            found=jaxlib,
            why=text("lock.families.misfit.abi", name="jax", version=jax, other="jaxlib"),
            hints=(hint,),
        )
