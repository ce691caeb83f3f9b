"""The lock of a target: kept while it fits, else made anew and written beside the declared file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from .. import facts as facts_room
from .. import lock as lock_room
from .. import pipconf
from ..errors import Failure, Hint, problem, text
from ..lazy import load
from ..model.channel import Host
from ..model.facts import Facts
from ..model.lock import Choice, Lock
from ..model.results import Explanation, LockResult
from ..model.spec import Spec
from ..pipconf import PipConfiguration
from ..plan.changes import changes
from ..spec.distributions import table as distributions
from ..spec.seen_by import seen_by
from ..targets.names import HERE
from . import foreign as foreign_locks
from .fallbacks import with_fallbacks
from .files import keep_text
from .fingerprint import digest_file
from .folder import with_cache
from .machine import asking, machine
from .own_wheel import keep_own_wheel
from .place import at_its_place
from .project import Project, find_target, local_target
from .torn_cache import with_whole_cache


@dataclass(frozen=True)
class Ground:
    """What a lock is made from: the declared file as this target sees it, and the machine.

    `choices` are what the place itself decides, and the lock records: the base image of an image. `told` are
    recorded as well and decide nothing by themselves: which of several hosts the facts are those of.
    """

    spec: Spec
    facts: Facts
    foreign: bool
    choices: tuple[Choice, ...] = ()
    told: tuple[Choice, ...] = ()


def ground(
    project: Project,
    *,
    facts_file: Path | None = None,
    local: bool = False,
    repin: bool = False,
    told: Callable[[], Facts] | None = None,
) -> Ground:
    """Return the target's Spec and the Facts that it is locked for.

    The facts are those of `facts_file`, of the target's own `facts` entry, or of this machine,
    which is asked while the declared file is read; `told` waits for them where
    that was begun already (see `machine.asking`). `local`: the target has to be one that
    this machine carries out; `repin`: an image's base is looked up anew.
    Raises Failure: PV703, PV704, PV405 (see `local_target`).
    """
    if facts_file is not None:
        return _ground(project, facts_file, lambda: machine(project), local=local, repin=repin)
    if told is not None:
        return _ground(project, None, told, local=local, repin=repin)
    with asking(project) as begun:
        return _ground(project, None, begun, local=local, repin=repin)


def _ground(
    project: Project, facts_file: Path | None, told: Callable[[], Facts], *, local: bool, repin: bool
) -> Ground:
    declared = project.spec()
    if local:
        local_target(project, declared)
    target = find_target(project, declared)
    declared = targeted(project, declared)
    named = target.options.get("facts") if target else None
    path = facts_file or (project.root / str(named) if named else None)
    told_by_file = facts_room.load(path) if path is not None else None
    if target is not None and target.kind == "image" and facts_file is None:
        ground_: Ground = load("app.image_ground")(project, declared, told_by_file, repin=repin)
        return ground_
    if told_by_file is not None:
        return Ground(declared, told_by_file, foreign=True)
    if target is not None and target.kind == "ssh":
        of_hosts: Ground = load("app.fleet_up.ground")(project, declared)
        return of_hosts
    if target is not None and target.kind not in ("venv", "slurm"):
        hint = Hint(text("PV704.hint"), "provenv facts --json > box.json")
        raise Failure(problem("PV704", target=target.name, hints=(hint,)))
    return Ground(declared, told(), foreign=False)


def targeted(project: Project, declared: Spec) -> Spec:
    """Return the declared file as the project's target sees it (see `seen_by`), with its indexes."""
    return foreign_locks.with_indexes(project, seen_by(declared, find_target(project, declared)))


def lock(
    project: Project,
    *,
    facts_file: Path | None = None,
    upgrade: Sequence[str] | None = None,
    output: Path | None = None,
    told: Callable[[], Facts] | None = None,
) -> LockResult:
    """Make or refresh the target's lock and write it; the old one's pins stay unless `upgrade` names them.

    `upgrade` is None (keep all), empty (all anew) or the packages to move; `told` see `ground`.
    A `uv.lock` (or poetry's, pdm's, pipenv's) stays the start of it: its versions
    are kept where they fit. Raises Failure PV766 where another tool's lock lies
    in its place: it is never overwritten.
    """
    try:
        with at_its_place(project) as there:
            return _lock(there, upgrade=upgrade, facts_file=facts_file, output=output, told=told)
    except Failure as failure:
        raise load("app.answered")(failure, project) from failure


def _lock(
    project: Project,
    *,
    upgrade: Sequence[str] | None,
    facts_file: Path | None,
    output: Path | None,
    told: Callable[[], Facts] | None,
) -> LockResult:
    project = with_cache(project)
    path = output or lock_path(project, facts_file)
    new = not path.exists()
    base, result = _current(project, path, facts_file, upgrade, told)
    result = write(project, result)
    keep_own_wheel(project, base.spec, result.lock)
    led = foreign_locks.beside(base.spec)
    if result.written and new and led is not None and output is None:
        name = _shown(path, project.root)
        project.progress.warn(problem("PV768", severity="note", path=name, file=led))
    return result


def _current(
    project: Project,
    path: Path,
    facts_file: Path | None,
    upgrade: Sequence[str] | None,
    told: Callable[[], Facts] | None,
) -> tuple[Ground, LockResult]:
    """Return a lock of the files as they are now: one that changed while uv resolved is read again."""
    while True:
        base = ground(project, facts_file=facts_file, repin=upgrade == (), told=told)
        read = {name: digest_file(project.root / name) for name in base.spec.files}
        old = read_lock(path, project.root)
        if old is not None and not old.inputs:
            raise Failure(
                problem(
                    "PV766",
                    path=_shown(path, project.root),
                    hints=(
                        Hint(text("PV766.hint_output"), "provenv lock --output pylock.provenv.toml"),
                        Hint(text("PV766.hint")),
                    ),
                )
            )
        made = make(named_after(project, facts_file), base, old, upgrade)
        if all(digest_file(project.root / name) == digest for name, digest in read.items()):
            return base, _compare(project, path, old, made)


def ensure(project: Project, base: Ground, *, locked: bool) -> LockResult:
    """Return the target's lock, not yet written: the committed one where it fits, else a new one.

    One that another tool has made is taken as it is. Raises Failure PV761
    (PV762: there is none) where a new one is needed and `locked` forbids it.
    """
    path = lock_path(project, None)
    led = lead(project, base)
    if led is not None:
        if locked:
            foreign_locks.refuse_stale(led)
        return led
    old = read_lock(path, project.root)
    if old is not None and fits(old, base):
        return LockResult(old, _shown(path, project.root), written=False, made=False)
    if locked:
        code = "PV761" if old else "PV762"
        name = _shown(path, project.root)
        raise Failure(
            problem(code, path=name, hints=(Hint(text(f"{code}.hint"), f"provenv lock{_on(project)}"),))
        )
    return _compare(project, path, old, make(project, base, old, None))


def lead(project: Project, base: Ground) -> LockResult | None:
    """Return the lock of another tool that leads the target, or None."""
    own = lock_path(project, None)
    return foreign_locks.leading(project, base.spec, base.facts, own, foreign=base.foreign)


def make(project: Project, base: Ground, old: Lock | None, upgrade: Sequence[str] | None) -> Lock:
    """Return a new lock for the target; what another tool has locked beside it is where it starts.

    Where a mirror does not answer, the next one that is declared is used. Raises Failure with
    the nearest that works where a package can't be had.
    """

    def attempt(declared: Spec) -> tuple[Ground, Lock]:
        tried = replace(base, spec=declared)
        try:
            return tried, _make(project, tried, old, upgrade)
        except Failure as failure:
            raise explained(project, tried, failure) from failure

    base, made = with_fallbacks(project, base.spec, attempt)
    with tempfile.TemporaryDirectory(prefix="provenv-lock-") as scratch:
        built = lock_room.from_source(made, base.spec, base.facts, **_asking(project, base, scratch))
    return replace(
        made, choices=(*made.choices, *base.choices, *base.told), findings=(*made.findings, *built)
    )


def _make(project: Project, base: Ground, old: Lock | None, upgrade: Sequence[str] | None) -> Lock:
    pins = foreign_locks.pins(project, base.spec, base.facts, foreign=base.foreign)
    if pins is None:
        return _resolve(project, base, old, upgrade)
    made: Lock | None = None
    if upgrade != () and (old is None or old.inputs.get("pins") != pins.digest):
        spec, former = foreign_locks.preferring(base.spec, pins, old)
        try:
            made = _resolve(project, replace(base, spec=spec), former, upgrade)
        except Failure:
            # the pinned torch can't be had as a build for this machine: then another version
            made = _resolve(project, base, former, upgrade)
    made = made or _resolve(project, base, old, upgrade)
    inputs = {**made.inputs, "pins": pins.digest}
    return replace(made, inputs=inputs, findings=(*made.findings, *foreign_locks.told(pins, made)))


def explained(project: Project, base: Ground, failure: Failure, locked: Lock | None = None) -> Failure:
    """Return the failure with what the network's places answer themselves, and with the nearest that works.

    That is a version, a Python or a name, where it is about one package. `locked` says what files should be.
    """
    failure = with_true_cause(project, base.spec, failure, locked)
    table = distributions()
    with tempfile.TemporaryDirectory(prefix="provenv-lock-") as scratch:
        return lock_room.with_nearest(
            failure,
            base.spec,
            base.facts,
            **_asking(project, base, scratch),
            known=table.known(),
            wrong=table.wrong,
        )


def with_true_cause(
    project: Project, declared: Spec, failure: Failure, locked: Lock | None = None
) -> Failure:
    """Return the failure with what the places of the network answer when they are asked themselves."""
    pip = pipconf.read(project.environment)

    def default_index() -> str:
        plain = lock_room.uv_environment(project.environment, pip, lock_room.Sources())
        return lock_room.uv_default_index(project.host, lock_room.find_uv(project.environment), plain)

    found: Failure = load("lock.true_cause")(
        failure,
        declared,
        pip=pip,
        environment=project.environment,
        default_index=default_index,
        lock=locked,
    )
    return found


class _Asking(TypedDict):
    """How uv is asked about one name: the place and its sources."""

    host: Host
    uv: str
    pip: PipConfiguration
    environment: Mapping[str, str]
    scratch: Path
    foreign: bool


def _asking(project: Project, base: Ground, scratch: str) -> _Asking:
    return _Asking(
        host=project.host,
        uv=lock_room.find_uv(project.environment),
        pip=pipconf.read(project.environment),
        environment=project.environment,
        scratch=Path(scratch),
        foreign=base.foreign,
    )


def _resolve(project: Project, base: Ground, old: Lock | None, upgrade: Sequence[str] | None) -> Lock:
    def resolved() -> Lock:
        with tempfile.TemporaryDirectory(prefix="provenv-lock-") as scratch:
            return lock_room.make(
                base.spec,
                base.facts,
                target=project.target,
                **_asking(project, base, scratch),
                upgrade=upgrade,
                previous=old,
                progress=project.progress,
            )

    return with_whole_cache(project, resolved)


def write(project: Project, result: LockResult) -> LockResult:
    """Write the lock beside the declared file where that file holds anything else."""
    if not result.made:
        return result
    path = project.root / result.path
    content = lock_room.write(result.lock)
    if path.is_file() and path.read_text(encoding="utf-8") == content:
        return result
    keep_text(path, content)
    return replace(result, written=True)


def _compare(project: Project, path: Path, old: Lock | None, made: Lock) -> LockResult:
    installed = {package.name: package.version for package in old.packages} if old else {}
    return LockResult(made, _shown(path, project.root), False, changes(installed, made))


def why(project: Project, subject: str) -> Explanation:
    """Return the reasons for a package or a choice. Raises Failure PV763 where there is no lock yet."""
    path = lock_path(project, None)
    locked = read_lock(path, project.root)
    if locked is None or not locked.inputs:
        led = lead(project, ground(project))
        locked = led.lock if led else locked
    if locked is None:
        name = _shown(path, project.root)
        raise Failure(problem("PV763", path=name, hints=(Hint(None, f"provenv lock{_on(project)}"),)))
    return lock_room.explain(subject, locked, targeted(project, project.spec()))


def _on(project: Project) -> str:
    return "" if project.target == HERE else f" --on {project.target}"


def lock_path(project: Project, facts_file: Path | None) -> Path:
    """Return where the target's lock lies; a lock for a facts file is named after that file."""
    return project.root / lock_room.filename(named_after(project, facts_file).target)


def named_after(project: Project, facts_file: Path | None) -> Project:
    """Return the project; facts of another machine that is no declared target name the target themselves."""
    if facts_file is None or project.target != HERE:
        return project
    return replace(project, target=facts_file.stem)


def read_lock(path: Path, root: Path) -> Lock | None:
    """Return the lock that lies there, or None."""
    try:
        return lock_room.read(path.read_text(encoding="utf-8"), _shown(path, root))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise Failure(problem("PV764", path=_shown(path, root))) from error


def fits(old: Lock, base: Ground) -> bool:
    """Tell whether a lock still answers the declared file on this machine.

    What the machine is counts as far as it decides something: the accelerator
    that is chosen, the platform, the Python. Mirrors do not: URLs are a place's own.
    A changed lock of another tool, whose versions were kept, counts too.
    """
    same = old.inputs.get("pins", "") == foreign_locks.beside_digest(base.spec)
    same = same and all(old.choice(one.subject) == one for one in base.choices)
    return same and lock_room.fits(old, base.spec, base.facts)


def _shown(path: Path, root: Path) -> str:
    return os.path.relpath(path, root)
