"""`doctor`: look at everything side by side, judge it, and mend what the user agrees to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from ..diagnosis.checks.table import TABLE, Check
from ..diagnosis.ground import Ground, lacks
from ..errors import Failure, text
from ..hosts.reach import side_by_side
from ..model.findings import Checked, Checkup, Finding
from .looks import folder
from .machine import machine
from .project import Project

LIMIT = 10.0
"""Seconds for all looks together; what gave nothing until then is told as not looked at."""

GRAVITY = {"blocks": 0, "hurts": 1, "better": 2}


def doctor(project: Project) -> Checkup:
    """Return what blocks, will hurt or could be better here, the gravest first."""
    begun = time.monotonic()
    ground, _seconds = _look(project)
    found: list[Finding] = []
    checks = []
    for check in TABLE:
        made, checked = _judged(check, ground)
        found += made
        checks.append(checked)
    ordered = sorted(found, key=lambda one: (GRAVITY[one.gravity], one.area, one.id, one.subject))
    return Checkup(tuple(ordered), tuple(checks), folder=str(project.root), seconds=time.monotonic() - begun)


def _look(project: Project) -> tuple[Ground, Mapping[str, float]]:
    ground = Ground(variables=project.environment)
    made: dict[str, Callable[[], object]] = {
        "facts": partial(machine, project),
        "folder": partial(folder.look, project),
    }
    spent: dict[str, float] = {}
    answers = side_by_side([partial(_timed, name, look, spent) for name, look in made.items()], limit=LIMIT)
    brought = {name: answer for name, answer in zip(made, answers, strict=True) if answer is not None}
    return replace(ground, **brought), spent  # type: ignore[arg-type]  # each look returns its own field's type


def _timed(name: str, look: Callable[[], object], spent: dict[str, float]) -> object:
    begun = time.monotonic()
    try:
        return look()
    except (Failure, OSError):
        return None
    finally:
        spent[name] = time.monotonic() - begun


def _judged(check: Check, ground: Ground) -> tuple[list[Finding], Checked]:
    missing = lacks(ground, check.needs)
    if missing:
        detail = text("doctor.not_looked_at", names=", ".join(missing))
        return [], Checked(check.name, check.area, "unasked", detail=detail)
    begun = time.monotonic()
    found = list(check.look(ground))
    spent = round(1000 * (time.monotonic() - begun))
    return found, Checked(check.name, check.area, "done", spent, len(found))
