"""The facts of the place that a project works on."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from .. import facts as facts_room
from .. import pipconf
from ..model.facts import Facts
from ..model.progress import Progress, Silent
from .later import Later
from .project import Project


def machine(project: Project) -> Facts:
    """Return the facts of the project's host, read now."""
    cache, temporary = project.caches()
    return facts_room.gather(
        project.host,
        project.python,
        project=str(project.root),
        cache=cache,
        temporary=temporary,
        pip=pipconf.redacted(pipconf.read(project.environment)),
    )


def asked(project: Project) -> Later[Facts]:
    """Return the facts of the project's host, which are being read from now on."""
    return Later(partial(machine, project))


def facts_of(folder: Path, progress: Progress | None = None) -> Facts:
    """Return the facts of this machine, with the disk that `folder` lies on; no project is needed."""
    place = folder.resolve()
    return machine(Project(place, place, environment=dict(os.environ), progress=progress or Silent()))
