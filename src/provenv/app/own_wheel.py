"""The wheel of provenv-runtime put where a lock says that the project has it."""

from __future__ import annotations

from .. import lock as lock_room
from .. import pipconf
from ..model.lock import Lock
from ..model.spec import Spec
from ..targets.guard import make_home
from .files import keep_bytes
from .project import Project


def keep_own_wheel(project: Project, spec: Spec, lock: Lock) -> None:
    """Put the locked wheel into the project's `.provenv` where it is not there yet, as after a clone.

    A lock without it needs none. Raises Failure: PV1250 and PV1253 (see `lock.find_own_wheel`), PV402, PV765.
    """
    found = lock_room.find_own_wheel(
        lock, spec, pip=pipconf.read(project.environment), environment=project.environment
    )
    if found is not None and found.source != found.goal:
        content = found.source.read_bytes()
        make_home(project.layout, found.goal.parent)
        keep_bytes(found.goal, content)
