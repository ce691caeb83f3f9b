"""`up`: from the declared file to a proven environment; at once where there is nothing to do.

Only the standard library is imported before it is known that there is something
to do: a no-op must feel like nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from .. import lazy
from ..errors import Failure, Text
from ..model.up_result import UpResult
from ..plan.stale import stale
from ..targets.names import HERE
from ..targets.records import read_generation
from .choices import AT_ONCE
from .fingerprint import repeated
from .project import Project, kind_of
from .settled import settled

if TYPE_CHECKING:
    from ..model.fleet_up import FleetUp


def up(
    project: Project,
    *,
    locked: bool = False,
    repair: bool = False,
    upgrade: Sequence[str] | None = None,
    wait: bool = True,
    agree: Callable[[Text], bool] = lambda question: False,
    at_once: int = AT_ONCE,
) -> UpResult | FleetUp:
    """Make the target what the declared file says, prove it, switch to it.

    `locked` fails rather than locks anew; `repair` builds although nothing
    changed, with drifted packages taken anew; `upgrade` moves pins (see
    `lock`); without `wait` a target that somebody else changes is a failure.
    `agree` is asked before system packages that the file names are installed; without it they are only named.
    Of a target's hosts `at_once` are worked on at a time.

    Raises Failure: whatever is wrong with the file, the lock, the disk; with
    exit code 3 and the Evidence as its `data` where the proof failed - the old
    generation stays.
    """
    began = time.monotonic()
    if project.target != HERE:
        how = {"locked": locked, "repair": repair, "upgrade": upgrade, "wait": wait, "began": began}
        kind = kind_of(project)
        if kind == "image":
            return cast(UpResult, _elsewhere("app.images.up", project, **how))
        if kind == "ssh":
            return cast("FleetUp", _elsewhere("app.fleet_up.up", project, **how, at_once=at_once))
    if not repair and upgrade is None:
        settled = unchanged(project)
        if settled is not None:
            return replace(settled, seconds=time.monotonic() - began)
    try:
        # the machine answers while what builds is still imported
        with lazy.load("app.at_its_place")(project) as there, lazy.load("app.asking")(there) as told:
            result = lazy.load("app.build")(
                there,
                locked=locked,
                repair=repair,
                upgrade=upgrade,
                wait=wait,
                began=began,
                agree=agree,
                told=told,
            )
    except Failure as failure:
        raise lazy.load("app.answered")(failure, project) from failure
    return cast(UpResult, result)


def _elsewhere(kind: str, project: Project, **how: object) -> object:
    try:
        return lazy.load(kind)(project, **how)
    except Failure as failure:
        raise lazy.load("app.answered")(failure, project) from failure


def unchanged(project: Project) -> UpResult | None:
    """Return the result of an `up` that has nothing to do, or None where it has."""
    record = settled(str(project.root), project.target, project.environment)
    if record is None:
        return None
    return UpResult(project.target, True, read_generation(project.layout, record["number"]))


def why_stale(project: Project, number: int) -> tuple[Text, ...]:
    """Return what is no longer as it was when that generation was made."""
    generation = read_generation(project.layout, number)
    then = generation.inputs
    now = repeated(project.root, then, generation.lock_file, generation.python, project.environment)
    return stale(then, now)
