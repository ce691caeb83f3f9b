"""The facts of the place that a project works on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from .. import facts as facts_room
from .. import pipconf
from ..errors import Failure
from ..hosts.local import LocalHost
from ..hosts.process import Child
from ..model.channel import Host
from ..model.facts import Facts
from ..model.progress import Progress, Silent
from .project import Project


def machine(project: Project, *, limit: float = facts_room.LIMIT) -> Facts:
    """Return the facts of the project's host, read now; a tool that hangs costs `limit` seconds."""
    return _machine(project, project.host, limit)


def of_prover(project: Project) -> Facts:
    """Return the facts of where environments are used; what builds them is here: interpreters and disks."""
    if project.prover is None:
        return machine(project)
    here = _machine(project, project.host)
    told = facts_room.ask(project.prover, "python3", **_places(project))
    return replace(facts_room.read(told.document), pythons=here.pythons, disks=here.disks, pip=here.pip)


@contextmanager
def asking(project: Project) -> Iterator[Callable[[], Facts]]:
    """Ask the machine in the background; yield the function that waits for its Facts, and raises its Failure.

    Who leaves without having waited ends what was begun. Another host than
    this machine is asked when it is waited for.
    """
    if project.prover is not None:
        yield lambda: of_prover(project)
        return
    begun = _Begun()
    if project.channel is None:
        words, content = facts_room.command(project.python, **_places(project))
        begun.start(words, content)
    try:
        yield lambda: _machine(project, begun if begun.child else project.host)
    finally:
        begun.end()


def facts_of(folder: Path, progress: Progress | None = None) -> Facts:
    """Return the facts of this machine, with the disk that `folder` lies on; no project is needed."""
    place = folder.resolve()
    return machine(Project(place, place, environment=dict(os.environ), progress=progress or Silent()))


def _machine(project: Project, host: Host, limit: float = facts_room.LIMIT) -> Facts:
    pip = pipconf.redacted(pipconf.read(project.environment))
    return facts_room.gather(host, project.python, **_places(project), limit=limit, pip=pip)


class _Places(TypedDict):
    """The folders whose disks are asked about."""

    project: str
    cache: str
    temporary: str


def _places(project: Project) -> _Places:
    cache, temporary = project.caches()
    return _Places(project=str(project.root), cache=cache, temporary=temporary)


class _Begun(LocalHost):
    """This machine, where one command was begun before it is asked for."""

    def __init__(self) -> None:
        self.child: Child | None = None
        self._asked: tuple[tuple[str, ...], bytes] | None = None

    def start(self, argv: Sequence[str], stdin: bytes) -> None:
        """Begin the command; one that cannot be started is left to `exec`, which says why."""
        try:
            self.child = super().begin(argv, stdin=stdin)
        except Failure:
            return
        self._asked = (tuple(argv), stdin)

    def begin(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> Child:
        """Return the child that runs already, once, if it is this very command; else start it."""
        child = self.child
        if child is None or self._asked != (tuple(argv), stdin):
            return super().begin(argv, stdin=stdin, environment=environment, folder=folder)
        self.child = self._asked = None
        return child

    def end(self) -> None:
        """End what was begun and never asked for."""
        if self.child is not None:
            self.child.end()
