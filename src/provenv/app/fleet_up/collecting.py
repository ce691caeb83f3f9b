"""What the hosts' environments are made of, gathered here once: wheels, uv, builds of Python."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from platform import libc_ver, machine

from ... import lock as lock_room
from ...errors import Failure, Hint, problem, text
from ...hosts.fetch import sha256_of
from ...hosts.files import write_whole
from ...lock.download import PYTHON, Wanted, wanted
from ...lock.platforms import machine_of
from ...lock.sources import local_path
from ...model.facts import Facts, Platform
from ...model.lock import Artifact, Lock, Package
from ...plan.interpreter import interpreter
from ..fetching import fetch_all
from ..files_elsewhere import build_files, look_again, python_files, uv_files, whole_addresses
from ..locking import Ground
from ..own_wheel import keep_own_wheel
from ..project import Project
from .building import built
from .store import FILES, File, cache_of, file_of


@dataclass(frozen=True)
class Bundle:
    """What one host needs: the lock with every package pinned to a file, those files, uv, perhaps a Python.

    `interpreter` is the path of the host's own Python that fits; empty where it gets `python`, whose
    place below a mirror of Python builds is `release`.
    """

    lock: Lock
    wheels: tuple[File, ...]
    uv: File
    interpreter: str = ""
    python: File | None = None
    release: str = ""

    @property
    def files(self) -> tuple[File, ...]:
        """Return everything that the host has to have."""
        return (self.uv, *((self.python,) if self.python else ()), *self.wheels)


@dataclass(frozen=True)
class Collected:
    """What each host needs, by its name; hosts of one platform share it."""

    hosts: Mapping[str, Bundle]


def collect(project: Project, base: Ground, lock: Lock, facts: Mapping[str, Facts]) -> Collected:
    """Gather what the environments of these hosts are made of; what is here already is not fetched again.

    Raises Failure: PV366 to PV369 (see app.fetching), PV769 a Python that nobody builds, PV1321 a package
    that has no wheel for a host's platform.
    """
    keep_own_wheel(project, base.spec, lock)
    cache = cache_of(project.environment)
    made: dict[tuple[Platform, bool], Bundle] = {}
    hosts = {}
    for name, found in facts.items():
        path = interpreter(lock.python, found.pythons)
        own = path if path.startswith("/") else ""
        key = (kind_of(found.platform), bool(own))
        if key not in made:
            there = replace(base, facts=found)
            made[key] = _bundle(project, there, lock, cache, name, with_python=not own)
        hosts[name] = replace(made[key], interpreter=own)
    return Collected(hosts)


def kind_of(platform: Platform) -> Platform:
    """Return what of a platform decides which wheels it takes."""
    release = platform.distribution_version if platform.system == "darwin" else ""
    return replace(platform, kernel="", distribution="", distribution_name="", distribution_version=release)


def _bundle(
    project: Project, base: Ground, lock: Lock, cache: Path, host: str, *, with_python: bool
) -> Bundle:
    platform = base.facts.platform
    files = whole_addresses(project, wanted(lock, platform))
    # what is compiled against torch is built where torch is: over there
    there = {one.subject.partition(":")[2] for one in lock.choices if one.subject.startswith("build:")}
    here = [one.project for one in files if not one.path.endswith(".whl") and one.project not in there]
    here += [one.name for one in lock.packages if one.origin == "vcs"]
    made = built(project, base, lock, here, cache, host)
    fetch = partial(_fetched, project, base, lock, cache)
    wheels = fetch([one for one in files if one.project not in made])
    archives = [one.path for one in wheels if one.path.suffix != ".whl"]
    tools = fetch(build_files(project, base, lock, archives))
    uv = _own_uv(project, platform) or _uv_in(fetch(uv_files(project, base, lock))[0], cache)
    python, release = None, ""
    if with_python:
        try:
            (build,) = python_files(project, base, lock)
            (python,) = fetch((build,))
        except Failure as failure:
            raise _without_python(base, lock, host, failure) from failure
        release = build.path.removeprefix(f"{PYTHON}/")
    return Bundle(_pinned(lock, wheels, made), (*wheels, *made.values(), *tools), uv, "", python, release)


def _without_python(base: Ground, lock: Lock, host: str, failure: Failure) -> Failure:
    """Return the failure that a host has no Python that fits, and no build for it can be had."""
    known = ", ".join(one.version for one in base.facts.pythons) or "-"
    hints = (
        Hint(text("PV1333.hint", version=lock.python)),
        Hint(text("PV411.hint_mirror")),
    )
    what = failure.problems[0].what
    found = problem("PV1333", host=host, version=lock.python, known=known, why=what, hints=hints)
    return Failure(found, exit_code=failure.exit_code)


def _fetched(
    project: Project, base: Ground, lock: Lock, cache: Path, files: Sequence[Wanted]
) -> tuple[File, ...]:
    """Return the files as they lie in the cache now."""
    placed = [_placed(one) for one in files]
    missing = [one for one in placed if not _lies(cache / one.path, one)]
    again = partial(look_again, project, base, lock)
    fetch_all(project, base.spec, again, cache, [one for one in missing if not _linked(cache, one)])
    return tuple(file_of(cache / one.path, digest=one.hashes.get("sha256")) for one in placed)


def _placed(file: Wanted) -> Wanted:
    """Return the file with its place in the cache; one whose digest nobody knows stays where it was."""
    digest = file.hashes.get("sha256")
    return replace(file, path=f"{FILES}/{digest}/{file.path.rpartition('/')[2]}") if digest else file


def _lies(path: Path, file: Wanted) -> bool:
    """Tell whether a file is there: whole is all that ever gets its name."""
    try:
        return path.stat().st_size == file.size if file.size is not None else path.is_file()
    except OSError:
        return False


def _linked(cache: Path, file: Wanted) -> bool:
    """Give a file that lies in a folder of this machine a second name in the cache, where that can be."""
    goal = cache / file.path
    for url in file.urls:
        source = local_path(url)
        try:
            if source is not None and "sha256" in file.hashes and sha256_of(source) == file.hashes["sha256"]:
                goal.parent.mkdir(parents=True, exist_ok=True)
                os.link(source, goal)
                return True
        except OSError:
            continue
    return False


def _own_uv(project: Project, platform: Platform) -> File | None:
    """Return this machine's uv where it runs on such a platform."""
    libc = "musl" if libc_ver()[0] != "glibc" else "glibc"
    same = platform.system == sys.platform and machine_of(platform) == machine_of(Platform("", machine()))
    if not same or (platform.system == "linux" and (platform.libc or "glibc") != libc):
        return None
    return file_of(Path(lock_room.find_uv(project.environment)), executable=True)


def _uv_in(wheel: File, cache: Path) -> File:
    """Return the program that uv's wheel holds."""
    with zipfile.ZipFile(wheel.path) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".data/scripts/uv"))
        goal = cache / FILES / wheel.digest / "uv"
        content = archive.read(name)
        if not goal.is_file() or goal.stat().st_size != len(content):
            write_whole(goal, content, 0o755)
    return file_of(goal, executable=True)


def _pinned(lock: Lock, wheels: Iterable[File], made: Mapping[str, File]) -> Lock:
    """Return the lock with each package that comes as a file pinned to that file; `made` were built here."""
    by_digest = {one.digest: one for one in wheels}

    def pinned(package: Package) -> Package:
        digests = [one.hashes.get("sha256", "") for one in package.artifacts]
        found = made.get(package.name) or next((by_digest[one] for one in digests if one in by_digest), None)
        if package.origin == "directory" or found is None:
            return package
        artifact = Artifact(found.name, size=found.size, hashes={"sha256": found.digest})
        return replace(package, artifacts=(artifact,), origin="index", location=None)

    # torch's own index is a place's business: over there it comes from a file, like all else
    choices = tuple(one for one in lock.choices if one.subject != "source:torch")
    return replace(lock, packages=tuple(map(pinned, lock.packages)), choices=choices)
