"""Files that are not what their packages recorded: found, named, taken out of uv's cache."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Literal

from ..errors import Failure, Hint, Problem, Text, problem, text
from ..targets.recorded import Wrong, recorded, wrong
from ..targets.tree import Reader, Tree, read_tree
from ..targets.venv import Healing
from .project import Project

NAMED = 3
"""How many files of a package a message names."""


def deep_reader(project: Project) -> Reader:
    """Return what reads a tree with every core that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return partial(read_tree, host=project.host, python=project.python, cores=float(usable))


def healing(project: Project, uv: str) -> Healing:
    """Return how a build of this project finds and heals what came wrong out of uv's cache."""
    return Healing(_find, partial(_heal, project, uv), _hopeless)


def forget(project: Project, uv: str, names: Collection[str]) -> None:
    """Take packages out of uv's cache: a hard link may have carried damage there."""
    for name in sorted(names):
        project.progress.note(text("app.repair.package", name=name))
    if names:
        argv = [uv, "cache", "clean", "--no-config", "--quiet", *sorted(names)]
        project.host.exec(argv, environment=project.environment)


def _find(venv: Path, tree: Tree) -> tuple[Wrong, ...]:
    return wrong(venv, tree, recorded(venv))


def _heal(project: Project, uv: str, found: tuple[Wrong, ...]) -> None:
    for one in found:
        project.progress.warn(_told("PV415", one, severity="warning"))
    forget(project, uv, {one.package for one in found})


def _hopeless(found: tuple[Wrong, ...], failure: Failure | None) -> Failure:
    if failure is None:
        return Failure(*(_told("PV417", one, hints=(Hint(text("PV417.hint")),)) for one in found))
    cause = failure.problems[0]
    hints = (*cause.hints, Hint(text("PV416.hint"), "provenv up"))
    told = [_told("PV416", one, why=cause.what, hints=hints) for one in found]
    return Failure(*told, exit_code=failure.exit_code)


def _told(
    code: str,
    one: Wrong,
    *,
    why: Text | None = None,
    hints: tuple[Hint, ...] = (),
    severity: Literal["error", "warning"] = "error",
) -> Problem:
    """Return a problem about a package that names some of its files."""
    files = [*one.changed, *one.missing] or ["RECORD"]
    shown = ", ".join([*files[:NAMED], *(["..."] if len(files) > NAMED else [])])
    return problem(code, why=why, hints=hints, severity=severity, name=one.package, n=len(files), files=shown)
