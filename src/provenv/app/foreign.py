"""Locks that other tools have made: which of them leads, and what their versions are worth if ours does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import lock as lock_room
from .. import pipconf
from ..errors import Failure, Hint, Place, Problem, problem, text
from ..model.facts import Facts
from ..model.lock import Lock, Package
from ..model.results import LockResult
from ..model.spec import Requirement, Spec
from .fingerprint import digest_file
from .project import Project

UNAPPLIED = "PV137"


@dataclass(frozen=True)
class Pins:
    """What another tool has locked, as preferences: its file (relative to the root), the file's digest."""

    file: str
    digest: str
    lock: Lock
    others: tuple[str, ...] = ()


def with_indexes(project: Project, spec: Spec) -> Spec:
    """Return the Spec with the indexes that a uv project names for its own lock.

    Where that lock speaks for everything, uv has applied its sources: no finding says otherwise.
    """
    found = lock_room.find_uv_lock(spec)
    if found is None:
        return spec
    named = lock_room.with_indexes(spec, found, project.environment)
    if found.others:
        return named
    return replace(named, findings=tuple(one for one in named.findings if one.code != UNAPPLIED))


def leading(project: Project, spec: Spec, facts: Facts, own: Path, *, foreign: bool) -> LockResult | None:
    """Return another tool's lock where it leads: the pylock that lies at `own`, else the project's `uv.lock`.

    None where our own lock lies there, or nothing that speaks for all that is declared.
    Raises Failure where it has nothing for this machine.
    """
    shown = Path(own).name
    content = _content(own)
    if content is not None:
        if lock_room.read(content, shown).inputs:
            return None
        adopted = lock_room.adopt(content, shown, spec, facts, target=project.target, foreign=foreign)
        return LockResult(adopted, shown, written=False, made=False)
    found = lock_room.find_uv_lock(spec)
    if found is None or found.others:
        return None
    exported = _export(project, spec, facts, found, foreign=foreign)
    return LockResult(exported, found.shown(spec.root), written=False, made=False)


def beside(spec: Spec) -> str | None:
    """Return the file (relative to the root) whose versions a lock of ours starts from, or None."""
    found = lock_room.find_uv_lock(spec)
    if found is not None:
        return found.shown(spec.root)
    other = lock_room.find_pins(Path(spec.root))
    return other.name if other else None


def beside_digest(spec: Spec) -> str:
    """Return the digest of that file; empty where there is none."""
    file = beside(spec)
    return digest_file(Path(spec.root) / file) if file else ""


def pins(project: Project, spec: Spec, facts: Facts, *, foreign: bool) -> Pins | None:
    """Return what another tool has locked here. Raises Failure PV339 for a file that can't be read."""
    file = beside(spec)
    if file is None:
        return None
    path = Path(spec.root) / file
    found = lock_room.find_uv_lock(spec)
    if found is None:
        return Pins(file, digest_file(path), lock_room.read_pins(path))
    try:
        lock = _export(project, spec, facts, found, foreign=foreign)
    except Failure:
        # nothing of it can be installed here: that is why ours is wanted; its versions still count
        lock = lock_room.read_pins(path)
    return Pins(file, digest_file(path), lock, found.others)


def preferring(spec: Spec, kept: Pins, old: Lock | None) -> tuple[Spec, Lock]:
    """Return the Spec and the former lock for a resolution that keeps the pins where they fit.

    Versions of torch's family are asked for outright: another build than the pinned one is no match
    for a mere preference.
    """
    family = lock_room.torch_family(one.name for one in kept.lock.packages)
    pinned = [one for one in kept.lock.packages if one.name in family and one.origin == "index"]
    limits = tuple(
        Requirement(f"{one.name}=={one.version.partition('+')[0]}", one.name, Place(kept.file))
        for one in pinned
    )
    merged: dict[str, Package] = {one.name: one for one in (old.packages if old else ())}
    merged |= {one.name: one for one in kept.lock.packages if one.origin == "index"}
    former = replace(old or kept.lock, packages=tuple(merged[name] for name in sorted(merged)))
    return replace(spec, constraints=(*spec.constraints, *limits)), former


def told(kept: Pins, made: Lock) -> tuple[Problem, ...]:
    """Return what is said about the pins in a lock of ours: how many were kept, why they do not lead."""
    said = [lock_room.kept_pins(kept.lock, made.packages, kept.file)]
    if kept.others:
        names = ", ".join(kept.others)
        said.append(problem("PV346", severity="note", file=kept.file, names=names, where=Place(kept.file)))
    return tuple(said)


def refuse_upgrade(result: LockResult) -> None:
    """Raise Failure PV767: what another tool has locked, that tool moves."""
    of_uv = result.path.endswith(lock_room.UV_LOCK)
    hints = (Hint(text("PV767.hint_uv" if of_uv else "PV767.hint"), "uv lock --upgrade" if of_uv else None),)
    raise Failure(problem("PV767", path=result.path, hints=hints))


def refuse_stale(result: LockResult) -> None:
    """Raise Failure PV761 where a lock that leads is known to be out of date and may not be made anew."""
    stale: Sequence[Problem] = [one for one in result.lock.findings if one.code == "PV348"]
    if stale:
        raise Failure(problem("PV761", path=result.path, hints=stale[0].hints))


def _export(project: Project, spec: Spec, facts: Facts, found: lock_room.UvProject, *, foreign: bool) -> Lock:
    return lock_room.export(
        found,
        spec,
        facts,
        target=project.target,
        host=project.host,
        uv=lock_room.find_uv(project.environment),
        pip=pipconf.read(project.environment),
        environment=project.environment,
        foreign=foreign,
    )


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise Failure(problem("PV764", path=path.name)) from error
