"""`status`: where a target stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from ..lazy import load
from ..model.results import Status
from ..targets.manifest import read_drift
from ..targets.receipts import read_proof
from ..targets.records import read_state
from .project import Project, find_target, local_target
from .reading import deep_reader
from .remembered import remembered_spec
from .up import why_stale

if TYPE_CHECKING:
    from ..errors import Problem
    from ..model.spec import Spec
    from ..model.state import Generation


def status(project: Project, *, deep: bool = False) -> Status:
    """Return whether the target is in sync with its files, and whether its own files are what was proven.

    `deep` reads every file's content; otherwise only those whose size or time changed.
    """
    state = read_state(project.layout)
    generation = state.generation(state.current)
    declared = remembered_spec(project, generation) if generation else project.spec()
    local_target(project, declared)
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
    """Return what the declared system packages lack."""
    target = find_target(project, spec)
    if not spec.system and not (target and target.options.get("system")):
        return ()
    return cast("tuple[Problem, ...]", load("app.system_findings")(project, spec, generation))
