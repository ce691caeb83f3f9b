"""Files that are not what their packages recorded: found, named, taken out of uv's cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from ..errors import Failure, Hint, Problem, Text, problem, text
from ..model.lock import Lock, Package
from ..model.state import State
from ..targets.recorded import INFO, Records, Wrong, normalised, wrong
from ..targets.records import read_value, write_value
from ..targets.tree import Tree
from ..targets.venv import Healing
from .project import Project
from .torn_cache import take_out

NAMED = 3
"""How many files of a package a message names."""
SUMS = "records.json"


@dataclass(frozen=True)
class Sums:
    """What the RECORDs of an environment's packages said, by artifact: digests (see targets/recorded.py)."""

    artifacts: Mapping[str, str] = field(default_factory=dict)
    schema: int = 1


def healing(project: Project, locked: Lock, state: State) -> Healing:
    """Return how a build of this project finds and heals what came wrong out of uv's cache.

    A RECORD is compared with what proven generations of `state` have of the same artifact: who changes
    a file and its RECORD alike is found by that alone.
    """
    return Healing(
        find=partial(_find, project, _proven(project, locked, state)),
        heal=partial(_heal, project),
        hopeless=_hopeless,
    )


def keep_sums(project: Project, number: int, locked: Lock, records: Records) -> None:
    """Keep beside a generation what its packages' RECORDs said."""
    kept = {_artifact(one): records.sums[one.name] for one in _comparable(locked) if one.name in records.sums}
    write_value(project.layout, number, SUMS, Sums(kept))


def forget(project: Project, names: Collection[str]) -> None:
    """Take packages out of uv's cache, and say so: a hard link may have carried damage there."""
    for name in sorted(names):
        project.progress.note(text("app.repair.package", name=name))
    take_out(project, names)


def _proven(project: Project, locked: Lock, state: State) -> Mapping[str, str]:
    known: dict[str, str] = {}
    for generation in state.generations:
        kept = read_value(project.layout, generation.number, SUMS, Sums)
        if generation.proof == "passed" and kept is not None:
            known.update(kept.artifacts)
    found = {one.name: known.get(_artifact(one), "") for one in _comparable(locked)}
    return {name: known for name, known in found.items() if known}


def _comparable(locked: Lock) -> Iterator[Package]:
    """Yield the packages that come as wheels: what is built here differs from build to build."""
    for package in locked.packages:
        if package.origin == "index" and any(one.filename.endswith(".whl") for one in package.artifacts):
            yield package


def _artifact(package: Package) -> str:
    hashes = sorted(digest for one in package.artifacts for digest in one.hashes.values())
    return hashlib.sha256("\0".join([package.name, package.version, *hashes]).encode()).hexdigest()


def _find(
    project: Project, proven: Mapping[str, str], venv: Path, tree: Tree, records: Records
) -> tuple[Wrong, ...]:
    found = {one.package: one for one in wrong(venv, tree, records, proven)}
    loose = found.pop("", None)
    for path in loose.extra if loose else ():
        # a file that lies among the packages and in the folder of none: the cache knows who brought it
        for name in _bringers(Path(project.caches()[0]), path.partition("/site-packages/")[2]):
            before = found.get(name, Wrong(name))
            found[name] = replace(before, extra=(*before.extra, path))
    return tuple(found.values())


def _bringers(cache: Path, path: str) -> set[str]:
    """Return the packages whose unpacked wheel in uv's cache has that file."""
    return {
        normalised(info.name.split("-")[0])
        for archives in cache.glob("archive-v*")
        for archive in archives.iterdir()
        if os.path.lexists(archive / path)
        for info in archive.glob(f"*{INFO}")
    }


def _heal(project: Project, found: tuple[Wrong, ...]) -> None:
    for one in found:
        project.progress.warn(_told("PV415", one, severity="warning"))
    forget(project, {one.package for one in found})


def _hopeless(found: tuple[Wrong, ...], failure: Failure | None) -> Failure:
    if failure is None:
        return Failure(
            *(_told("PV417", one, hints=(Hint(text("PV417.hint")),)) for one in found if one.certain)
        )
    cause = failure.problems[0]
    hints = (*cause.hints, Hint(text("PV416.hint"), "provenv up"))
    told = [_told("PV416", one, why=cause.what, hints=hints) for one in found]
    return Failure(*told, exit_code=failure.exit_code)


def _told(
    code: str,
    one: Wrong,
    *,
    why: Text | None = None,
    hints: tuple[Hint, ...] = (),
    severity: Literal["error", "warning"] = "error",
) -> Problem:
    """Return a problem about a package that names some of its files."""
    record = ["RECORD"] if one.unrecorded or one.other else []
    files = [*record, *one.changed, *one.missing, *one.extra]
    shown = ", ".join([*files[:NAMED], *(["..."] if len(files) > NAMED else [])])
    return problem(code, why=why, hints=hints, severity=severity, name=one.package, n=len(files), files=shown)
