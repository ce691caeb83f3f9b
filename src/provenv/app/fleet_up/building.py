"""Packages that have no wheel, built here once for hosts that are like this machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from platform import libc_ver, machine

from ... import lock as lock_room
from ... import pipconf
from ...errors import Failure, Hint, problem, text
from ...lock.wheels import rank, tags
from ...model.facts import Platform
from ...model.lock import Lock, Package
from ..locking import Ground
from ..project import Project
from .store import File, file_of

BUILT = "built"
EVERYWHERE = "-any.whl"
"""What the name of a wheel ends with that holds nothing compiled."""


def built(
    project: Project, base: Ground, lock: Lock, names: Iterable[str], cache: Path, host: str
) -> dict[str, File]:
    """Return a wheel of each of these packages, built from its source unless that was done before.

    Raises Failure: PV1321 where such a wheel does not run on the host `host` of `base`; what uv says.
    """
    found = {}
    for name in names:
        package = lock.package(name)
        assert package is not None, "what is wanted is locked"
        wheel = _built(project, base, lock, package, cache)
        if not _runs(wheel.name, lock.python, base.facts.platform):
            why = text("PV1321.why", wheel=wheel.name)
            hints = (Hint(text("PV1321.hint")),)
            shown = f"{name} {package.version}"
            raise Failure(problem("PV1321", host=host, names=shown, n=1, why=why, hints=hints))
        found[name] = wheel
    return found


def _built(project: Project, base: Ground, lock: Lock, package: Package, cache: Path) -> File:
    folder = cache / BUILT / _key(lock, package)
    kept = next(iter(folder.glob("*.whl")), None)
    if kept is not None:
        return file_of(kept)
    task = project.progress.task(text("fleet_up.building", name=package.name))
    with tempfile.TemporaryDirectory(prefix="provenv-build-") as scratch:
        _run(project, base, replace(lock, packages=(package,)), Path(scratch))
        # uv keeps the wheel that it has built beside what it unpacks of it
        made = next(Path(scratch, "cache").glob("sdists-v*/**/*.whl"))
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{made.name}.{os.getpid()}"
        shutil.copyfile(made, beside)
        os.replace(beside, folder / made.name)
    task.finish(text("fleet_up.built", name=package.name))
    return file_of(folder / made.name)


def _run(project: Project, base: Ground, lock: Lock, scratch: Path) -> None:
    command = lock_room.installation(
        lock,
        base.spec,
        pip=pipconf.read(project.environment),
        environment=project.environment,
        uv=lock_room.find_uv(project.environment),
        python=lock.python,
        folder=scratch,
        offline=False,
    )
    for path, content in command.files.items():
        project.host.put(content.encode(), path, mode=0o600)
    own = ("--target", str(scratch / "installed"), "--cache-dir", str(scratch / "cache"))
    done = project.host.exec(
        (*command.argv, *own), environment=command.environment, patience=command.patience
    )
    if done.code:
        raise lock_room.explain_failure(done)


def _key(lock: Lock, package: Package) -> str:
    digests = sorted(value for one in package.artifacts for value in one.hashes.values())
    parts = [package.name, package.version, package.location or "", *digests, lock.python]
    return sha256("\0".join([*parts, machine(), *libc_ver()]).encode()).hexdigest()


def _runs(wheel: str, python: str, platform: Platform) -> bool:
    """Tell whether a wheel that was built here runs on such a machine: what is compiled wants our glibc."""
    if rank(wheel, tags(python, platform)) is None:
        return False
    return wheel.endswith(EVERYWHERE) or _version(libc_ver()[1]) <= _version(platform.libc_version)


def _version(words: str) -> tuple[int, ...]:
    return tuple(int(part) for part in words.split(".") if part.isdecimal())
