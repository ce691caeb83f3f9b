"""Where the project stands: the declared file, its lock, its generations."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ...diagnosis.ground import Ground
from ...errors import Failure, Problem, Text
from ...model.lock import Lock
from ...model.looked import Standing
from ...model.spec import Spec
from ...model.state import State
from ...spec import find
from ...targets.held import hold, open_held
from ...targets.layout import Layout
from ...targets.manifest import read_drift
from ...targets.pointer import pointed
from ...targets.receipts import read_proof
from ...targets.records import read_state, unfinished
from .. import foreign
from ..locking import lock_path, read_lock
from ..project import Project
from ..up import why_stale


def look(project: Project) -> Ground:
    """Return the declared file, its lock and the current generation, with what is wrong with each."""
    leading = find(project.root)
    spec, problems = _spec(project) if leading else (None, ())
    lock, lock_problems = _lock(project)
    state, damaged = _state(project)
    generation = state.generation(state.current) if state else None
    base = os.stat(project.layout.home).st_dev if project.layout.home.exists() else None
    standing = Standing(
        file=leading.name if leading else "",
        problems=problems,
        lock_file=lock_path(project, None).name,
        lock_problems=lock_problems,
        pins_same=_pins_same(spec, lock),
        state=state,
        damaged=damaged,
        unfinished=_unfinished(project.layout),
        editor=_editor(project.layout),
        ignored=_ignored(project.root),
        elsewhere=base is not None and base != os.stat(project.root).st_dev,
    )
    if generation is not None:
        standing = replace(
            standing,
            stale=why_stale(project, generation.number),
            proof=read_proof(project.layout, generation.number),
        )
    return Ground(spec=spec, lock=lock, generation=generation, standing=standing)


def drift(project: Project) -> Ground:
    """Return the files of the current generation that are not what was installed, by size and time."""
    state = read_state(project.layout)
    if state.current is None:
        return Ground()
    return Ground(drift=read_drift(project.layout.generation(state.current)))


def _spec(project: Project) -> tuple[Spec | None, tuple[Problem, ...]]:
    try:
        return project.once("spec", project.spec), ()
    except Failure as failure:
        return None, failure.problems


def _lock(project: Project) -> tuple[Lock | None, tuple[Problem, ...]]:
    try:
        return read_lock(lock_path(project, None), project.root), ()
    except Failure as failure:
        return None, failure.problems


def _pins_same(spec: Spec | None, lock: Lock | None) -> bool:
    if spec is None or lock is None or not lock.inputs:
        return True
    return lock.inputs.get("pins", "") == foreign.beside_digest(spec)


def _state(project: Project) -> tuple[State | None, Text | None]:
    try:
        return read_state(project.layout), None
    except Failure as failure:
        return None, failure.problems[0].what


def _unfinished(layout: Layout) -> tuple[str, ...]:
    """Return what killed builds left; nothing where somebody builds right now."""
    left = unfinished(layout)
    if not left or not layout.guard.exists():
        return ()
    handle = open_held(layout.guard)
    try:
        return tuple(one.name for one in left) if hold(handle, wait=False) else ()
    finally:
        os.close(handle)


def _editor(layout: Layout) -> Literal["none", "ours", "folder", "elsewhere"]:
    link = layout.editor_link
    if not os.path.lexists(link):
        return "none"
    goal = pointed(link)
    if goal is None:
        return "folder"
    return "ours" if layout.home.name in Path(goal).parts else "elsewhere"


def _ignored(root: Path) -> bool | None:
    """Tell whether a `.gitignore` between the project and its repository's top names `.venv`."""
    for folder in (root, *root.parents):
        lines = _lines(folder / ".gitignore")
        if any(line.strip().strip("/") in (".venv", ".venv*", "*venv*", ".*", "**/.venv") for line in lines):
            return True
        if (folder / ".git").exists():
            exclude = _lines(folder / ".git" / "info" / "exclude")
            return any(line.strip().strip("/") == ".venv" for line in exclude)
    return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
