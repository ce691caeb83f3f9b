"""What is begun before it is known to be right: packages are linked while the machine's facts are asked.

Each takes about half a second, and neither needs the other as long as the lock
still fits. What was linked is taken only where the plan then says the very
same: the same lock, the same interpreter; otherwise it is thrown away unseen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .. import lock as lock_room
from .. import pipconf
from ..errors import Failure
from ..model.lock import Lock
from ..model.spec import Spec
from ..model.state import State
from ..targets.layout import python_of
from ..targets.records import RECORD, next_number, read_state
from ..targets.remove import discard, remove_generations
from .clean import unproven_numbers
from .foreign import beside
from .locking import lock_path, read_lock
from .project import HERE, Project, find_target


@dataclass(frozen=True)
class Ahead:
    """An environment that is linked but neither verified nor recorded: of which lock, with which Python."""

    number: int
    python: str
    lock: str


@contextmanager
def linked_ahead(project: Project, spec: Spec) -> Iterator[Ahead | None]:
    """Yield what could be linked from uv's cache alone; what is no generation at the end is thrown away.

    The caller holds the target's guard. None where nothing is to be linked, or
    not without knowing the machine, or the cache lacks something.
    """
    ahead = None
    try:
        ahead = _link(project, spec)
        yield ahead
    finally:
        folder = project.layout.generation(ahead.number) if ahead else None
        if folder is not None and folder.exists() and not (folder / RECORD).is_file():
            discard(folder)


def _link(project: Project, spec: Spec) -> Ahead | None:
    if project.target != HERE or find_target(project, spec) is not None or beside(spec) is not None:
        return None
    locked = read_lock(lock_path(project, None), project.root)
    if locked is None or locked.inputs.get("spec") != spec.digest:
        return None
    state = read_state(project.layout)
    python = _likely_python(locked, state)
    # what is built here is built for the machine's facts
    built = any(choice.subject.startswith("build:") for choice in locked.choices)
    if built or not python or any(one.lock == locked.identity for one in state.generations):
        return None
    remove_generations(project.layout, unproven_numbers(state))
    number = next_number(project.layout)
    done = False
    try:
        done = _made(project, spec, locked, python, number)
    except Failure:
        return None  # it is said where it is tried in earnest
    finally:
        folder = project.layout.generation(number)
        if not done and folder.exists():
            discard(folder)
    return Ahead(number, python, locked.identity) if done else None


def _made(project: Project, spec: Spec, locked: Lock, python: str, number: int) -> bool:
    folder, uv = project.layout.generation(number), lock_room.find_uv(project.environment)
    pip = pipconf.read(project.environment)
    folder.mkdir(parents=True)
    create = lock_room.venv_command(
        spec, pip=pip, environment=project.environment, uv=uv, python=python, path=str(folder / "venv")
    )
    install = lock_room.installation(
        locked,
        spec,
        pip=pip,
        environment=project.environment,
        uv=uv,
        python=str(python_of(folder / "venv")),
        folder=folder,
        offline=True,
    )
    for command in (create, install):
        for path, content in command.files.items():
            project.host.put(content.encode(), path, mode=0o600)
        if project.host.exec(command.argv, environment=command.environment).code != 0:
            return False
    return True


def _likely_python(locked: Lock, state: State) -> str:
    """Return the interpreter that the last generation had, or that the lock was made with, if it is here."""
    current = state.generation(state.current)
    choice = locked.choice("python")
    path = current.python if current else str(choice.why.args.get("path", "")) if choice else ""
    return path if os.path.isabs(path) and os.access(path, os.X_OK) else ""
