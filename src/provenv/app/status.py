"""`status` and `history`: where a target stands, and how it came there."""

from __future__ import annotations

import itertools
from typing import Literal

from ..errors import Problem
from ..model.facts import Facts
from ..model.plan import Change, Install, Remove, Step
from ..model.results import History, Status
from ..model.spec import Spec
from ..model.state import Generation
from ..targets.manifest import read_drift
from ..targets.receipts import read_proof
from ..targets.records import read_state, read_value
from .machine import machine
from .project import Project, find_target, local_target
from .reading import deep_reader
from .remembered import FACTS
from .system import declared as declared_system
from .up import why_stale


def status(project: Project, *, deep: bool = False) -> Status:
    """Return whether the target is in sync with its files, and whether its own files are what was proven.

    `deep` reads every file's content; otherwise only those whose size or time changed.
    """
    declared = project.spec()
    local_target(project, declared)
    state = read_state(project.layout)
    generation = state.generation(state.current)
    findings = _system_findings(project, declared, generation)
    if generation is None:
        return Status(project.target, declared.file, "absent", findings=findings)
    reasons = why_stale(project, generation.number)
    read = deep_reader(project, generation.number) if deep else None
    drift = read_drift(project.layout.generation(generation.number), read=read)
    sync: Literal["in-sync", "stale", "drifted"] = "drifted" if drift else "stale" if reasons else "in-sync"
    evidence = read_proof(project.layout, generation.number)
    return Status(project.target, declared.file, sync, generation, reasons, drift, evidence, findings)


def _system_findings(project: Project, spec: Spec, generation: Generation | None) -> tuple[Problem, ...]:
    """Return what the declared system packages lack; the machine's kind is remembered where it can be."""
    target = find_target(project, spec)
    if not spec.system and not (target and target.options.get("system")):
        return ()
    kept = read_value(project.layout, generation.number, FACTS, Facts) if generation else None
    return declared_system(project, spec, kept or machine(project)).findings


def history(project: Project) -> History:
    """Return the generations, what changed from each to the next, and their proofs."""
    state = read_state(project.layout)
    changes = {
        str(new.number): difference(old, new)
        for old, new in itertools.pairwise([None, *state.generations])
        if new is not None
    }
    proofs = {str(one.number): read_proof(project.layout, one.number) for one in state.generations}
    return History(state, changes, {number: proof for number, proof in proofs.items() if proof is not None})


def difference(old: Generation | None, new: Generation) -> tuple[Step, ...]:
    """Return what was installed, changed and removed between two generations."""
    before = old.packages if old else {}
    steps: list[Step] = [
        Change(name, before[name], version) if name in before else Install(name, version)
        for name, version in sorted(new.packages.items())
        if before.get(name) != version
    ]
    steps += [Remove(name, version) for name, version in sorted(before.items()) if name not in new.packages]
    return tuple(steps)
