"""`doctor`: look at everything side by side, and judge it."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from ..diagnosis.checks.check import Check
from ..diagnosis.checks.ids import ids as known_ids
from ..diagnosis.checks.table import TABLE as CHECKS
from ..diagnosis.ground import Ground, lacks
from ..errors import Exit, Failure, Hint, Problem, problem, text
from ..model.findings import GRAVITIES, Area, Checked, Checkup, Finding
from ..model.progress import Progress
from .looking import ODD, looked, reason
from .looks.look import Look
from .looks.table import TABLE as LOOKS
from .project import Project, open_project
from .shared import Shared


def patient(folder: Path, *, target: str, progress: Progress) -> Project:
    """Return the project of a folder; where there is none, the folder, so that the machine can be looked at.

    Raises Failure PV702 for a folder that is none.
    """
    try:
        return open_project(folder, target=target, progress=progress)
    except Failure as failure:
        if failure.problems[0].code != "PV701":
            raise
    place = folder.resolve()
    return Project(place, place, target, progress=progress)


def doctor(project: Project, *, areas: Collection[Area] = (), only: Collection[str] = ()) -> Checkup:
    """Return what blocks, will hurt or could be better here, the gravest first.

    With `areas` only those are looked at; `only` keeps findings of these ids. Raises Failure PV922 for an
    id that no check gives.
    """
    unknown = sorted(set(only) - set(known_ids()))
    if unknown:
        hints = (Hint(text("PV922.hint", known=", ".join(known_ids()))),)
        raise Failure(problem("PV922", names=", ".join(unknown), hints=hints), exit_code=Exit.USAGE)
    begun = time.monotonic()
    # what an earlier look has read may have been mended since
    project = replace(project, shared=Shared())
    checks = [one for one in CHECKS if not areas or one.area in areas]
    ground, looks = looked(project, _needed(checks), Ground(variables=project.environment))
    found: list[Finding] = []
    told = []
    for check in checks:
        made, checked = judged(check, ground)
        found += [one for one in made if not only or one.id in only]
        told.append(checked)
    return Checkup(
        tuple(sorted(found, key=_order)),
        tuple(told),
        looks,
        folder=str(project.root),
        seconds=time.monotonic() - begun,
    )


def judged(check: Check, ground: Ground) -> tuple[list[Finding], Checked]:
    """Return what a check finds, and what came of it: one that fails on odd input is told."""
    missing = lacks(ground, check.needs)
    if missing:
        return [], Checked(check.name, check.area, "unasked")
    begun = time.monotonic()
    try:
        found = list(check.look(ground))
    except ODD as error:
        return [], Checked(check.name, check.area, "failed", _since(begun), detail=reason(error))
    return found, Checked(check.name, check.area, "done", _since(begun), len(found))


def blocked(checkup: Checkup) -> Failure | None:
    """Return the failure that a finding which blocks is; None where nothing does."""
    count = sum(one.gravity == "blocks" for one in checkup.findings)
    if not count:
        return None
    hints = (Hint(text("PV921.hint"), "provenv doctor --fix"),) if fixable(checkup.findings) else ()
    told: Problem = problem("PV921", n=count, hints=hints)
    return Failure(told, data=checkup)


def fixable(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that `--fix` can do something about by itself."""
    return tuple(one for one in findings if one.fix is not None and not one.fix.root)


def _needed(checks: Sequence[Check]) -> list[Look]:
    wanted = {name for check in checks for name in (*check.needs, *check.uses)}
    return [look for look in LOOKS if wanted & set(look.brings)]


def _order(one: Finding) -> tuple[int, str, str, str]:
    return GRAVITIES.index(one.gravity), one.area, one.id, one.subject


def _since(begun: float) -> int:
    return round(1000 * (time.monotonic() - begun))
