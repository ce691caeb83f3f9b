"""A lock's files downloaded into a folder that can be carried to a machine without a network."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from .. import lock as lock_room
from .. import pipconf
from ..errors import Failure, Problem, text
from ..hosts.fetch import sha256_of
from ..lock.download import MANIFEST, PYTHON, Wanted, left_out, manifest, pages, python_key, sources, wanted
from ..lock.lines import build_requires, resolve_lines
from ..lock.uv import python_build, uv_version
from ..model.lock import Lock
from ..model.results import Download
from ..model.spec import Spec
from .fallbacks import next_mirror, with_fallbacks
from .fetching import fetch_all
from .files import keep_text
from .locking import Ground, ensure, ground, named_after, with_true_cause
from .locking import write as write_lock
from .project import Project


def download(
    project: Project, folder: Path, *, with_python: bool = False, facts_file: Path | None = None
) -> Download:
    """Download every file of the target's lock, uv, and with `with_python` the Python build, into `folder`.

    What lies there already and is right is not fetched again. Sources bring
    what they need to be built. Raises Failure: PV366 for files without a
    sha256, PV368 where the disk is too small, PV367 and PV369 for files that
    were not what was locked, or could not be fetched.
    """
    base = ground(project, facts_file=facts_file)
    named = named_after(project, facts_file)
    result = write_lock(named, ensure(named, base, locked=False))
    lock = result.lock
    goal = folder.resolve()
    files = _whole_addresses(project, wanted(lock, base.facts.platform))
    files += _whole_addresses(project, wanted(_tools(project, base, lock), base.facts.platform, "tool"))
    files += _python(project, base, lock) if with_python else ()
    look_again = partial(_look_again, project, base, lock)
    fetched = fetch_all(project, base.spec, look_again, goal, files)
    builds = _builds(project, base, lock, goal, files)
    fetched += fetch_all(project, base.spec, look_again, goal, builds)
    files = tuple({one.path: one for one in (*builds, *files)}.values())
    sizes = {one.path: (goal / one.path).stat().st_size for one in files}
    for path, page in pages(files).items():
        keep_text(_made(goal / path), page)
    keep_text(goal / lock_room.filename(lock.target), lock_room.write(lock))
    content = manifest(lock, [_digested(goal, one) for one in files], sizes)
    keep_text(goal / MANIFEST, json.dumps(content, indent=1) + "\n")
    tools = tuple(f"{one.project} {one.version}" for one in files if one.purpose in ("tool", "python"))
    return Download(
        str(folder), lock, result.path, len(files), sum(sizes.values()), fetched, tools, left_out(lock)
    )


def _tools(project: Project, base: Ground, lock: Lock) -> Lock:
    """Return uv, as this lock was made with, for the machine that the lock is for."""
    version = uv_version(project.host, lock_room.find_uv(project.environment), project.environment)
    found = _resolve(project, base, lock, [f"uv=={version}"], alone=True)
    return replace(found, python=lock.python)


def _python(project: Project, base: Ground, lock: Lock) -> tuple[Wanted, ...]:
    uv = lock_room.find_uv(project.environment)
    key = python_key(lock.python, base.facts.platform)
    version, address, path = python_build(project.host, uv, key, project.environment)
    if not version:
        raise Failure(Problem("PV769", text("PV769.python", version=lock.python)))
    mirror = base.spec.mirrors.python or project.environment.get("UV_PYTHON_INSTALL_MIRROR")
    url = f"{(mirror or address).rstrip('/')}/{path}"
    return (Wanted("python", version, f"{PYTHON}/{unquote(path)}", (url,), purpose="python"),)


def _builds(
    project: Project, base: Ground, lock: Lock, goal: Path, files: Sequence[Wanted]
) -> tuple[Wanted, ...]:
    """Return what has to be there when a source, or the project's own folder, is built over there."""
    asked = {build_requires(goal / one.path) for one in sources(files)}
    folders = [package.location or "." for package in lock.packages if package.origin == "directory"]
    asked |= {build_requires(project.root / one) for one in folders}
    found: dict[str, Wanted] = {}
    for lines in sorted(asked):
        if lines:
            made = replace(_resolve(project, base, lock, lines), python=lock.python)
            found |= {one.path: one for one in wanted(made, base.facts.platform, "build")}
    return _whole_addresses(project, tuple(found.values()))


def _resolve(
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


def _look_again(project: Project, base: Ground, lock: Lock, pins: Sequence[str], failure: Failure) -> Lock:
    """Return where this place has those files: on its indexes, and on the mirrors that stand behind them."""
    found = _resolve(project, base, lock, pins, alone=True)
    spec = next_mirror(project, base.spec, failure, ("torch", "pypi"))
    while spec is not None:
        behind = _resolve(project, replace(base, spec=spec), lock, pins, alone=True)
        found = replace(found, packages=(*behind.packages, *found.packages))
        spec = next_mirror(project, spec, failure, ("torch", "pypi"))
    return found


def _whole_addresses(project: Project, files: Sequence[Wanted]) -> tuple[Wanted, ...]:
    return tuple(
        replace(one, urls=tuple(url if "://" in url else (project.root / url).as_uri() for url in one.urls))
        for one in files
    )


def _digested(goal: Path, file: Wanted) -> Wanted:
    return file if "sha256" in file.hashes else replace(file, hashes={"sha256": sha256_of(goal / file.path)})


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
