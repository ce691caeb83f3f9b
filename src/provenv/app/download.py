"""A lock's files downloaded into a folder that can be carried to a machine without a network."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

from .. import lock as lock_room
from ..hosts.fetch import sha256_of
from ..lock.download import MANIFEST, Wanted, left_out, manifest, pages, sources, wanted
from ..model.results import Download
from .fetching import fetch_all
from .files import keep_text
from .files_elsewhere import build_files, look_again, python_files, uv_files, whole_addresses
from .locking import ensure, ground, named_after
from .locking import write as write_lock
from .own_wheel import keep_own_wheel
from .project import Project


def download(
    project: Project,
    folder: Path,
    *,
    with_python: bool = False,
    with_uv: bool = True,
    facts_file: Path | None = None,
) -> Download:
    """Download every file of the target's lock, uv, and with `with_python` the Python build, into `folder`.

    `with_uv` is for places that have none.

    What lies there already and is right is not fetched again. Sources bring
    what they need to be built. Raises Failure: PV366 for files without a
    sha256, PV368 where the disk is too small, PV367 and PV369 for files that
    were not what was locked, or could not be fetched.
    """
    base = ground(project, facts_file=facts_file)
    named = named_after(project, facts_file)
    result = write_lock(named, ensure(named, base, locked=False))
    lock = result.lock
    keep_own_wheel(project, base.spec, lock)
    goal = folder.resolve()
    files = whole_addresses(project, wanted(lock, base.facts.platform))
    files += uv_files(project, base, lock) if with_uv else ()
    files += python_files(project, base, lock) if with_python else ()
    again = partial(look_again, project, base, lock)
    fetched = fetch_all(project, base.spec, again, goal, files)
    builds = build_files(project, base, lock, [goal / one.path for one in sources(files)])
    fetched += fetch_all(project, base.spec, again, goal, builds)
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


def _digested(goal: Path, file: Wanted) -> Wanted:
    return file if "sha256" in file.hashes else replace(file, hashes={"sha256": sha256_of(goal / file.path)})


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
