"""Which files another machine needs for a lock, with the addresses that they have from here."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from .. import lock as lock_room
from .. import pipconf
from ..errors import Failure, Problem, text
from ..lock.download import PYTHON, Wanted, python_key, wanted
from ..lock.lines import build_requires, resolve_lines
from ..lock.uv import python_build, uv_version
from ..model.lock import Lock
from ..model.spec import Spec
from .fallbacks import next_mirror, with_fallbacks
from .locking import Ground, with_true_cause
from .project import Project


def uv_files(project: Project, base: Ground, lock: Lock) -> tuple[Wanted, ...]:
    """Return the wheel of uv, in the version that is used here, for the machine of `base`."""
    version = uv_version(project.host, lock_room.find_uv(project.environment), project.environment)
    found = replace(_resolved(project, base, lock, [f"uv=={version}"], alone=True), python=lock.python)
    return whole_addresses(project, wanted(found, base.facts.platform, "tool"))


def python_files(project: Project, base: Ground, lock: Lock) -> tuple[Wanted, ...]:
    """Return the build of the lock's Python that uv would fetch on the machine. Raises Failure PV769."""
    uv = lock_room.find_uv(project.environment)
    key = python_key(lock.python, base.facts.platform)
    version, address, path = python_build(project.host, uv, key, project.environment)
    if not version:
        raise Failure(Problem("PV769", text("PV769.python", version=lock.python)))
    mirror = base.spec.mirrors.python or project.environment.get("UV_PYTHON_INSTALL_MIRROR")
    url = f"{(mirror or address).rstrip('/')}/{path}"
    return (Wanted("python", version, f"{PYTHON}/{unquote(path)}", (url,), purpose="python"),)


def build_files(project: Project, base: Ground, lock: Lock, archives: Iterable[Path]) -> tuple[Wanted, ...]:
    """Return what has to be there when sources, or the project's own folders, are built over there."""
    asked = {build_requires(one) for one in archives}
    folders = [package.location or "." for package in lock.packages if package.origin == "directory"]
    asked |= {build_requires(project.root / one) for one in folders}
    found: dict[str, Wanted] = {}
    for lines in sorted(asked):
        if lines:
            made = replace(_resolved(project, base, lock, lines), python=lock.python)
            found |= {one.path: one for one in wanted(made, base.facts.platform, "build")}
    return whole_addresses(project, tuple(found.values()))


def look_again(project: Project, base: Ground, lock: Lock, pins: Sequence[str], failure: Failure) -> Lock:
    """Return where this place has those files: on its indexes, and on the mirrors that stand behind them."""
    found = _resolved(project, base, lock, pins, alone=True)
    spec = next_mirror(project, base.spec, failure, ("torch", "pypi"))
    while spec is not None:
        behind = _resolved(project, replace(base, spec=spec), lock, pins, alone=True)
        found = replace(found, packages=(*behind.packages, *found.packages))
        spec = next_mirror(project, spec, failure, ("torch", "pypi"))
    return found


def whole_addresses(project: Project, files: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Return the files with addresses that mean the same from any folder."""
    return tuple(
        replace(one, urls=tuple(url if "://" in url else (project.root / url).as_uri() for url in one.urls))
        for one in files
    )


def _resolved(
    project: Project, base: Ground, lock: Lock, lines: Sequence[str], *, alone: bool = False
) -> Lock:
    def attempt(declared: Spec) -> Lock:
        with tempfile.TemporaryDirectory(prefix="provenv-lock-") as scratch:
            try:
                return resolve_lines(
                    lines,
                    declared,
                    base.facts.platform,
                    lock.python,
                    host=project.host,
                    uv=lock_room.find_uv(project.environment),
                    pip=pipconf.read(project.environment),
                    environment=project.environment,
                    scratch=Path(scratch),
                    alone=alone,
                )
            except Failure as failure:
                raise with_true_cause(project, declared, failure) from failure

    return with_fallbacks(project, base.spec, attempt)
