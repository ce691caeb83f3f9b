"""Packages taken out of uv's cache; what it holds in pieces is named, and asked for again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from .. import lock as lock_room
from ..errors import Failure, problem
from .project import Project

T = TypeVar("T")


def with_whole_cache(project: Project, work: Callable[[], T]) -> T:
    """Return what `work` returns; where uv cannot read a package in its cache, without that package in it.

    uv names one after the other, so it is done as often as another one is named.
    """
    forgotten: set[str] = set()
    while True:
        try:
            return work()
        except Failure as failure:
            names = set(lock_room.torn(failure)) - forgotten
            if not names:
                raise
            forgotten |= names
            for name in sorted(names):
                project.progress.warn(problem("PV470", severity="warning", name=name))
            take_out(project, names)


def take_out(project: Project, names: Collection[str]) -> None:
    """Take packages out of uv's cache, so that they are fetched anew."""
    if names:
        uv = lock_room.find_uv(project.environment)
        argv = [uv, "cache", "clean", "--no-config", "--quiet", *sorted(names)]
        project.host.exec(argv, environment=project.environment)
