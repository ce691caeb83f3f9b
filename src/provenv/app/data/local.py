"""Data that lies here already: in an installed package, in one of Debian's, in a folder of the user's own."""

from __future__ import annotations

import base64
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatchcase
from importlib import metadata
from pathlib import Path

from ...errors import Failure, Hint, problem, text
from ...hosts.refused import refused
from ...hosts.trees import TooMany, scan, settled
from ...model.data import DataFile, DataHere, DataSet
from ...targets.recorded import sites
from ..project import Project
from .cache import cache_of, read_files, write_files
from .digests import digest_below

LIMIT = 60.0
"""Seconds for dpkg's answer."""


def lying(project: Project, one: DataSet, venv: Path | None, *, deep: bool = False) -> DataHere:
    """Return a set that needs no network; `venv` is the environment in which packages are looked for.

    Files that look as they did are not read again, unless `deep`. Raises Failure: PV1442, PV1443 for a
    folder; PV1444, PV1445 for a distribution; PV1446, PV1447 for a Debian package.
    """
    try:
        if one.source == "package":
            return _packaged(project, one, venv, deep=deep)
        if one.source == "debian":
            return _debian(project, one, deep=deep)
        return _folder(project, one, deep=deep)
    except TooMany as error:
        raise Failure(problem("PV1442", name=one.name, path=str(error), why=text("PV1442.many"))) from error
    except OSError as error:
        told = refused(error)
        if told is None:
            raise
        raise told from error


def _folder(project: Project, one: DataSet, *, deep: bool) -> DataHere:
    root = Path(project.root, Path(one.origin).expanduser())
    found = None
    if root.exists():
        found = _read(project, one, root.resolve(), lambda path: _counts(one, path), deep=deep)
    if found is None:
        why = text("PV1442.empty") if root.exists() else text("PV1442.why")
        raise Failure(problem("PV1442", name=one.name, path=str(root), why=why))
    if one.sha256 and found.digest != f"sha256:{one.sha256}":
        why = text("PV1443.why", found=found.digest.removeprefix("sha256:"), declared=one.sha256)
        raise Failure(problem("PV1443", name=one.name, path=str(root), why=why))
    return found


def _counts(one: DataSet, path: str) -> bool:
    """Tell whether a file of a folder is meant: a pattern fits its path or its name."""

    def fits(pattern: str) -> bool:
        return fnmatchcase(path, pattern) or fnmatchcase(path.rpartition("/")[2], pattern)

    return (not one.include or any(map(fits, one.include))) and not any(map(fits, one.exclude))


def _packaged(project: Project, one: DataSet, venv: Path | None, *, deep: bool) -> DataHere:
    up = (Hint(None, "provenv up"),)
    if venv is None:
        raise Failure(problem("PV1444", name=one.name, package=one.origin, why=text("PV1444.venv"), hints=up))
    found = next(iter(metadata.distributions(name=one.origin, path=[str(one) for one in sites(venv)])), None)
    if found is None:
        hints = (Hint(text("PV1444.hint"), f"provenv add {one.origin}"),)
        raise Failure(
            problem("PV1444", name=one.name, package=one.origin, why=text("PV1444.why"), hints=hints)
        )
    recorded = {
        file.as_posix(): file.hash
        for file in found.files or ()
        if file.hash and (file.as_posix() == one.path or file.as_posix().startswith(f"{one.path}/"))
    }
    if not recorded:
        why = text("PV1444.path", path=one.path)
        raise Failure(problem("PV1444", name=one.name, package=one.origin, why=why))
    root = Path(str(found.locate_file(one.path)))
    single = root.is_file()
    lead = "" if single else f"{one.path}/"
    wanted = {one.path.rpartition("/")[2]} if single else {path.removeprefix(lead) for path in recorded}
    files = _files(project, one, root, lambda path: path in wanted, deep=deep) if root.exists() else {}
    for path, said in recorded.items():
        file = files.get(root.name if single else path.removeprefix(lead))
        if file is None or (said.mode == "sha256" and _encoded(file.sha256) != said.value):
            why = text("PV1445.why", path=path)
            repair = (Hint(None, "provenv up --repair"),)
            raise Failure(problem("PV1445", name=one.name, package=one.origin, why=why, hints=repair))
    digest, count, size = digest_below(files, root.name if single else "") or ("", 0, 0)
    return DataHere(str(root), digest, count, size)


def _encoded(digest: str) -> str:
    """Return a sha256 as RECORD has it: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()


def _debian(project: Project, one: DataSet, *, deep: bool) -> DataHere:
    status = _dpkg(project, "-W", "-f=${db:Status-Status}", one.origin)
    if status != "installed":
        why = text("PV1446.no_dpkg" if status is None else "PV1446.why")
        hints = (
            Hint(text("PV1446.hint"), f"sudo apt-get install {one.origin}"),
            Hint(text("PV1446.without", name=one.name, path=one.path), f"apt-get download {one.origin}"),
        )
        raise Failure(problem("PV1446", name=one.name, package=one.origin, why=why, hints=hints))
    path = one.path.rstrip("/")
    found = None
    if path in (_dpkg(project, "-L", one.origin) or "").splitlines():
        found = _read(project, one, Path(path), lambda _: True, deep=deep)
    if found is None:
        why = text("PV1447.debian", package=one.origin)
        raise Failure(problem("PV1447", name=one.name, path=one.path, why=why))
    return found


def _dpkg(project: Project, *arguments: str) -> str | None:
    """Return what dpkg's database says, None where there is no dpkg."""
    try:
        done = subprocess.run(
            ["dpkg-query", *arguments],
            env={**project.environment, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=LIMIT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def _read(
    project: Project, one: DataSet, root: Path, wanted: Callable[[str], bool], *, deep: bool
) -> DataHere | None:
    files = _files(project, one, root, wanted, deep=deep)
    found = digest_below(files, root.name if root.is_file() else "")
    return None if found is None else DataHere(str(root), *found)


def _files(
    project: Project, one: DataSet, root: Path, wanted: Callable[[str], bool], *, deep: bool
) -> dict[str, DataFile]:
    """Return a folder's files with their digests; those read before are known by size, time and inode."""
    memory = cache_of(project).seen("\0".join((str(root), *one.include, "", *one.exclude)))
    known = {} if deep else read_files(memory) or {}
    task = None

    def read(size: int) -> None:
        nonlocal task
        if task is None:
            task = project.progress.task(text("app.data.reading", name=one.name), None, "bytes")
        task.advance(size)

    now = time.time_ns()
    files = {file.path: file for file in scan(root, known, wanted=wanted, advance=read)}
    if task is not None:
        task.finish(text("app.data.read", name=one.name))
    # what was written a moment ago may change again within the same tick of the file system's clock
    kept = {file.path: file for file in settled(files.values(), now)}
    if kept != known:
        with suppress(OSError):
            memory.parent.mkdir(parents=True, exist_ok=True)
            write_files(memory, kept)
    return files
