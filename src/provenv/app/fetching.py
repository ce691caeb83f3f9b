"""Many files fetched side by side into a folder, with the addresses and logins that this place has."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from .. import lock as lock_room
from .. import pipconf
from ..errors import Exit, Failure, Problem, problem, text, verbatim
from ..hosts.fetch import Pace, Unfetched, fetch, is_whole
from ..hosts.patience import patience_of
from ..hosts.reach import Access, access
from ..lock.download import Wanted, again
from ..model.channel import Patience
from ..model.lock import Lock
from ..model.progress import Task
from ..model.spec import Spec
from .project import Project

PARALLEL = 4
WAIT = 0.2


class Stopped(Exception):
    """The others are to stop: one has failed for good, or the user has had enough."""


@dataclass
class Counter:
    """What several threads tell one task; `stop` makes the next of them give up."""

    task: Task
    patience: Patience
    guard: threading.Lock = field(default_factory=threading.Lock)
    stop: bool = False

    def __call__(self, amount: int) -> None:
        """Count `amount` bytes more."""
        self.check()
        with self.guard:
            self.task.advance(amount)

    def check(self) -> None:
        """Give up where the others were told to stop. Raises Stopped."""
        if self.stop:
            raise Stopped


def fetch_all(
    project: Project,
    spec: Spec,
    look_again: Callable[[Sequence[str], Failure], Lock],
    goal: Path,
    files: Iterable[Wanted],
) -> int:
    """Fetch into the folder `goal` what is not there yet; return how many files that were.

    `look_again` resolves pinned lines on this place's indexes, told why they are asked: a lock
    made elsewhere may name addresses that lead nowhere from here. Raises Failure:
    PV368 too little space, PV367 another file than was locked, or how an address answered.
    """
    waiting = _with_logins(spec, project, [one for one in files if not _lies(goal, one)])
    if not waiting:
        return 0
    _check_space(goal, waiting)
    pip = pipconf.read(project.environment)
    how, patience = access(project.environment, pip), patience_of(project.environment, pip.timeout)
    total = sum(one.size or 0 for one in waiting)
    task = project.progress.task(text("app.download.fetching", n=len(waiting)), total or None, "bytes")
    failed = _fetch(goal, waiting, how, Counter(task, patience))
    if failed:
        # addresses are a place's own: where the locked ones lead nowhere, this place's indexes are asked
        pins = [f"{one.project}==={one.version}" for one, _ in failed if one.purpose != "python"]
        why = Failure(*(_reason(error) for one, error in failed if one.purpose != "python"))
        try:
            found = again([one for one, _ in failed if one.purpose != "python"], look_again(pins, why))
        except Failure:
            found = ()
        fresh = _elsewhere(_with_logins(spec, project, found), [one for one, _ in failed])
        kept = [pair for pair in failed if all(pair[0].path != one.path for one in fresh)]
        failed = kept + _fetch(goal, fresh, how, Counter(task, patience))
    if failed:
        task.fail(text("app.download.failed", n=len(failed)))
        shown = [_reason(error) for _, error in failed[:PARALLEL]]
        raise Failure(*shown, exit_code=lock_room.exit_of(shown[0]))
    task.finish(text("app.download.fetched", n=len(waiting)))
    return len(waiting)


def _fetch(
    goal: Path, files: Sequence[Wanted], how: Access, counter: Counter
) -> list[tuple[Wanted, Unfetched]]:
    """Fetch files side by side; return those that no address of theirs gave, with the last reason."""
    failed: list[tuple[Wanted, Unfetched]] = []
    pace = Pace(counter.patience, counter.check)

    def one(file: Wanted) -> None:
        last: Unfetched | None = None
        for url in file.urls:
            try:
                fetch(url, goal / file.path, how, digests=file.hashes, advance=counter, pace=pace)
                return
            except Unfetched as error:
                last = error
        if last is not None:
            failed.append((file, last))

    try:
        _side_by_side([partial(one, file) for file in files], counter)
    except OSError as error:
        words = error.strerror or str(error)
        raise Failure(problem("PV765", path=str(goal), reason=words), exit_code=Exit.DENIED) from error
    return failed


def _elsewhere(found: Sequence[Wanted], tried: Sequence[Wanted]) -> list[Wanted]:
    """Return the files that have addresses which were not tried yet, with these alone."""
    known = {url for one in tried for url in one.urls}
    left = [replace(one, urls=tuple(url for url in one.urls if url not in known)) for one in found]
    return [one for one in left if one.urls]


def _side_by_side(tasks: Sequence[Callable[[], None]], counter: Counter) -> None:
    """Do the tasks, a few at once, until all are done or one raises.

    The threads are left behind, not waited for: one that a silent server holds must not hold up Ctrl-C.
    """
    waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()
    ended: SimpleQueue[BaseException | None] = SimpleQueue()
    for each in tasks:
        waiting.put(each)

    def work() -> None:
        while not counter.stop:
            try:
                task = waiting.get_nowait()
            except Empty:
                return
            try:
                task()
            # it is raised again in the thread that waits
            except BaseException as error:  # noqa: BLE001
                ended.put(error)
            else:
                ended.put(None)

    for _ in range(min(PARALLEL, len(tasks))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in tasks:
            error = _next(ended)
            if error is not None:
                raise error
    finally:
        counter.stop = True


def _next(ended: SimpleQueue[BaseException | None]) -> BaseException | None:
    while True:
        try:
            # Windows delivers Ctrl-C only between two waits
            return ended.get(timeout=WAIT)
        except Empty:
            continue


def _reason(error: Unfetched) -> Problem:
    """Return the problem that an address which did not give a file stands for; PV369 for a missing file."""
    url, found = str(error.args[0]), error.reached
    known = lock_room.refusal(url, found) if url.startswith("http") else None
    return known or problem("PV369", url=url, state=found.state, why=verbatim(found.detail or found.state))


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
