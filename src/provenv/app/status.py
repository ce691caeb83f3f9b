"""`status`: where a target stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from ..lazy import load
from ..model.results import Status
from ..targets.images import has_image
from ..targets.manifest import read_drift
from ..targets.receipts import read_proof
from ..targets.records import read_state
from .choices import AT_ONCE
from .project import Project, find_target, is_fleet, is_image, local_target
from .reading import deep_reader
from .remembered import remembered_spec
from .up import why_stale

if TYPE_CHECKING:
    from ..errors import Problem
    from ..model.fleet_up import FleetStatus
    from ..model.spec import Spec
    from ..model.state import Generation


def status(project: Project, *, deep: bool = False, at_once: int = AT_ONCE) -> Status | FleetStatus:
    """Return whether the target is in sync with its files, and whether its own files are what was proven.

    `deep` reads every file's content; otherwise only those whose size or time changed. An image's content
    is what its name in the engine says, so there `deep` finds nothing more.
    """
    state = read_state(project.layout)
    generation = state.generation(state.current)
    if generation is not None and has_image(project.layout, generation.number):
        return cast(Status, load("app.images.status")(project, generation))
    if is_fleet(project):
        return cast("FleetStatus", load("app.fleet_up.status")(project, deep=deep, at_once=at_once))
    if generation is None and is_image(project):
        return Status(project.target, project.spec().file, "absent")
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
