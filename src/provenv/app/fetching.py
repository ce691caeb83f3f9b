"""Many files fetched side by side into a folder, with the addresses and logins that this place has."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from .. import lock as lock_room
from .. import pipconf
from ..errors import Exit, Failure, problem, text
from ..hosts.fetch import Unfetched, fetch, is_whole, reason
from ..hosts.reach import Access, access
from ..lock.download import Wanted, again
from ..model.lock import Lock
from ..model.progress import Task
from ..model.spec import Spec
from .project import Project

PARALLEL = 4


class Stopped(Exception):
    """The others are to stop: one has failed for good, or the user has had enough."""


@dataclass
class Counter:
    """What several threads tell one task; `stop` makes the next of them give up."""

    task: Task
    guard: threading.Lock = field(default_factory=threading.Lock)
    stop: bool = False

    def __call__(self, amount: int) -> None:
        """Count `amount` bytes more."""
        if self.stop:
            raise Stopped
        with self.guard:
            self.task.advance(amount)


def fetch_all(
    project: Project,
    spec: Spec,
    look_again: Callable[[Sequence[str]], Lock],
    goal: Path,
    files: Iterable[Wanted],
) -> int:
    """Fetch into the folder `goal` what is not there yet; return how many files that were.

    `look_again` resolves pinned lines on this place's indexes: a lock made
    elsewhere may name addresses that lead nowhere from here. Raises Failure:
    PV368 too little space, PV367 another file than was locked, PV369 not to be fetched.
    """
    waiting = _with_logins(spec, project, [one for one in files if not _lies(goal, one)])
    if not waiting:
        return 0
    _check_space(goal, waiting)
    how = access(project.environment, pipconf.read(project.environment))
    total = sum(one.size or 0 for one in waiting)
    task = project.progress.task(text("app.download.fetching", n=len(waiting)), total or None, "bytes")
    failed = _fetch(goal, waiting, how, Counter(task))
    if failed:
        # addresses are a place's own: where the locked ones lead nowhere, this place's indexes are asked
        pins = [f"{one.project}==={one.version}" for one, _ in failed if one.purpose != "python"]
        try:
            found = again([one for one, _ in failed if one.purpose != "python"], look_again(pins))
        except Failure:
            found = ()
        kept = [pair for pair in failed if not found or pair[0].purpose == "python"]
        failed = kept + _fetch(goal, _with_logins(spec, project, found), how, Counter(task))
    if failed:
        task.fail(text("app.download.failed", n=len(failed)))
        shown = [reason(error) for _, error in failed[:PARALLEL]]
        raise Failure(*shown)
    task.finish(text("app.download.fetched", n=len(waiting)))
    return len(waiting)


def _fetch(
    goal: Path, files: Sequence[Wanted], how: Access, counter: Counter
) -> list[tuple[Wanted, Unfetched]]:
    """Fetch files side by side; return those that no address of theirs gave, with the last reason."""
    failed: list[tuple[Wanted, Unfetched]] = []

    def one(file: Wanted) -> None:
        last: Unfetched | None = None
        for url in file.urls:
            try:
                fetch(url, goal / file.path, how, digests=file.hashes, advance=counter)
                return
            except Unfetched as error:
                last = error
        if last is not None:
            failed.append((file, last))

    with ThreadPoolExecutor(PARALLEL) as pool:
        working = [pool.submit(one, file) for file in files]
        try:
            for each in working:
                each.result()
        except OSError as error:
            counter.stop = True
            pool.shutdown(cancel_futures=True)
            words = error.strerror or str(error)
            raise Failure(problem("PV765", path=str(goal), reason=words), exit_code=Exit.DENIED) from error
        except (Failure, KeyboardInterrupt):
            counter.stop = True
            pool.shutdown(cancel_futures=True)
            raise
    return failed


def _check_space(goal: Path, files: Sequence[Wanted]) -> None:
    need = sum(one.size or 0 for one in files)
    there = next(one for one in (goal, *goal.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if need > free:
        raise Failure(problem("PV368", folder=str(goal), need_bytes=need, free_bytes=free))


def _lies(goal: Path, file: Wanted) -> bool:
    path = goal / file.path
    # a Python build has no digest before it is here; uv itself checks it when it unpacks it
    return is_whole(path, file.hashes) or (file.purpose == "python" and path.is_file())


def _with_logins(spec: Spec, project: Project, files: Sequence[Wanted]) -> list[Wanted]:
    """Return the files with the login of the index on the same host, which a lock never holds."""
    found = lock_room.sources_of(spec, pipconf.read(project.environment), project.environment)
    logins = {
        urlsplit(url).netloc.rpartition("@")[2]: urlsplit(url).netloc
        for url in (found.default or "", *found.extra, *found.find_links)
        if "@" in urlsplit(url).netloc
    }

    def whole(url: str) -> str:
        parts = urlsplit(url)
        return parts._replace(netloc=logins.get(parts.netloc, parts.netloc)).geturl()

    return [replace(one, urls=tuple(map(whole, one.urls))) for one in files]
