"""Whether a lock that we did not make fits the machine: what is locked against what would be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from packaging.version import Version

from ...errors import Hint, Place, Problem, Text, problem, text
from ...model.lock import Package
from ...model.spec import Requirement, Spec
from ..accelerators import Decision, decide
from ..torch import accelerator_bytes, build_of
from .selection import Machine

WITHOUT = ("cpu", "mps")


def agreement(packages: Sequence[Package], spec: Spec, machine: Machine, file: str) -> tuple[Problem, ...]:
    """Return what is wrong about the locked build of torch on the machine, each with its remedy.

    PV363: a build for a GPU where there is none to use; PV364: a CPU build
    where there is one; PV365: a build that does not run on this GPU or driver.
    Raises Failure where the machine can't do what the declared file asks for.
    """
    torch = next((one for one in packages if one.name == "torch" and one.origin == "index"), None)
    if torch is None:
        return ()
    build = build_of(packages, machine.facts.platform)
    pinned = Requirement(f"torch=={Version(torch.version).public}", "torch", Place(file))
    # what would be chosen for this very version
    decision = decide(replace(spec, constraints=(*spec.constraints, pinned)), machine.facts)
    builds = [one.build for one in decision.candidates]
    if build in builds[:1] or build == "unknown":
        return ()
    where, best = Place(file), builds[0] if builds else "cpu"
    shared = {"file": file, "version": torch.version, "build": build}
    if build not in WITHOUT and best in WITHOUT:
        size = accelerator_bytes(packages)
        why, hints = decision.choice.why, machine.remedies
        code = "PV363" if size else "PV363.unsized"
        words = text(code, **shared, download_bytes=size)
        return (Problem("PV363", words, where, why, hints, "warning"),)
    if build in WITHOUT and best not in WITHOUT:
        why, hints = _best(decision), machine.remedies
        return (
            problem("PV364", severity="warning", where=where, why=why, hints=hints, better=best, **shared),
        )
    if build in builds or build in WITHOUT:
        return ()
    why = next((one.why for one in decision.choice.refused if one.value == build), _best(decision))
    hints = (*machine.remedies, Hint(text("PV365.hint", better=best)))
    return (problem("PV365", severity="warning", where=where, why=why, hints=hints, **shared),)


def _best(decision: Decision) -> Text:
    return decision.candidates[0].why if decision.candidates else decision.choice.why
