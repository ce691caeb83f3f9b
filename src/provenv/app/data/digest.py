"""`data digest`: the sha256 that a declared set needs, of an address, a file or a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ... import environ, pipconf
from ...errors import Failure, Hint, problem, text
from ...hosts.fetch import Pace, Unfetched, fetch, sha256_of
from ...hosts.patience import patience_of
from ...hosts.reach import access
from ...hosts.refused import refused
from ...hosts.trees import scan
from ...model.data import DataDigest
from ...model.progress import Task
from ...pipconf import redact
from ..project import Project
from . import npm
from .cache import Cache, cache_of, name_of
from .digests import digest_below
from .reasons import reason


def digest(project: Project, origin: str) -> DataDigest:
    """Return the sha256 of what `origin` gives: an address, `npm:NAME@VERSION`, or a path.

    What is fetched is kept for `fetch`. Raises Failure PV1438 where nothing answers, PV1442 for a path that
    leads nowhere, PV1452 to PV1457 for an npm package.
    """
    try:
        if "://" in origin:
            return _of_address(project, origin)
        if origin.startswith(npm.LEAD):
            return _of_package(project, origin)
        path = Path(project.folder, origin).resolve()
        files = {one.path: one for one in scan(path, {})} if path.exists() else {}
    except OSError as error:
        told = refused(error, origin)
        if told is None:
            raise
        raise told from error
    found = digest_below(files, path.name if path.is_file() else "")
    if found is None:
        raise Failure(problem("PV1442", name=origin, path=str(path), why=text("PV1442.why")))
    return DataDigest(origin, found[0].removeprefix("sha256:"), found[2])


def _of_address(project: Project, origin: str) -> DataDigest:
    pip = pipconf.read(project.environment)
    patience = patience_of(project.environment, pip.timeout)
    url = environ.expand(origin, project.environment)
    how = access(project.environment, pip)

    def get(goal: Path, task: Task) -> int:
        return fetch(url, goal, how, digests={}, advance=task.advance, pace=Pace(patience))

    return _kept(project, redact(origin), name_of(origin), get)


def _of_package(project: Project, origin: str) -> DataDigest:
    package, version = npm.read_origin(origin)
    by_hand = Hint(text("PV1452.by_hand"), "provenv data digest FILE")

    def get(goal: Path, task: Task) -> int:
        size = npm.pack(project, package, version, goal, by_hand)
        task.advance(size)
        return size

    return _kept(project, origin, name_of(package), get)


def _kept(project: Project, shown: str, name: str, get: Callable[[Path, Task], int]) -> DataDigest:
    """Return the digest of what `get` writes, and leave that where `fetch` finds it by that name."""
    cache = cache_of(project)
    goal = cache.root / "partial" / f"digest-{os.getpid()}" / name
    task = project.progress.task(text("app.data.fetching", name=shown), None, "bytes")
    try:
        size = get(goal, task)
        found = sha256_of(goal)
        _keep(cache, goal, found)
    except BaseException as error:
        task.fail(text("app.data.not_fetched", name=shown))
        if isinstance(error, Unfetched):
            raise Failure(reason(error)) from error
        raise
    finally:
        shutil.rmtree(goal.parent, ignore_errors=True)
    task.finish(text("app.data.fetched", name=shown))
    return DataDigest(shown, found, size)


def _keep(cache: Cache, file: Path, sha256: str) -> None:
    """Leave a file where `fetch` finds it and need not ask for it again."""
    goal = cache.partial(sha256, file.name)
    goal.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file, goal)
