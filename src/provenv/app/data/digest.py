"""`data digest`: the sha256 that a declared set needs, of an address, a file or a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ... import environ, pipconf
from ...errors import Failure, problem, text
from ...hosts.fetch import Pace, Unfetched, fetch, sha256_of
from ...hosts.patience import patience_of
from ...hosts.reach import access
from ...hosts.refused import refused
from ...hosts.trees import scan
from ...model.data import DataDigest
from ...pipconf import redact
from ..project import Project
from .cache import Cache, cache_of, name_of
from .digests import digest_below
from .reasons import reason


def digest(project: Project, origin: str) -> DataDigest:
    """Return the sha256 of what `origin` gives: an address, or a path. What is fetched is kept for `fetch`.

    Raises Failure PV1436 where nothing answers, PV1442 for a path that leads nowhere.
    """
    try:
        if "://" in origin:
            return _of_address(project, origin)
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
    cache = cache_of(project)
    pip = pipconf.read(project.environment)
    patience = patience_of(project.environment, pip.timeout)
    goal = cache.root / "partial" / f"digest-{os.getpid()}" / name_of(origin)
    task = project.progress.task(text("app.data.fetching", name=redact(origin)), None, "bytes")
    try:
        url = environ.expand(origin, project.environment)
        how = access(project.environment, pip)
        size = fetch(url, goal, how, digests={}, advance=task.advance, pace=Pace(patience))
        found = sha256_of(goal)
        _keep(cache, goal, found)
    except BaseException as error:
        task.fail(text("app.data.not_fetched", name=redact(origin)))
        if isinstance(error, Unfetched):
            raise Failure(reason(error)) from error
        raise
    finally:
        shutil.rmtree(goal.parent, ignore_errors=True)
    task.finish(text("app.data.fetched", name=redact(origin)))
    return DataDigest(redact(origin), found, size)


def _keep(cache: Cache, file: Path, sha256: str) -> None:
    """Leave a file where `fetch` finds it and need not ask for it again."""
    goal = cache.partial(sha256, file.name)
    goal.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file, goal)
