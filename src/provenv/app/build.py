"""The long way of `up`: facts, lock, plan, a new generation, its proof, the switch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from .. import lock as lock_room
from .. import pipconf, proof
from ..errors import Exit, Failure, Hint, Text, problem, text
from ..model.channel import Command, Completed
from ..model.codec import to_json
from ..model.evidence import Evidence
from ..model.facts import Facts
from ..model.plan import Plan, Switch
from ..model.results import LockResult, PlanResult
from ..model.spec import Spec
from ..model.state import Drift, Generation, State
from ..model.up_result import UpResult
from ..plan.interpreter import interpreter
from ..plan.make import make, needed_space
from ..targets.editors import link_for_editors, stands_in_the_way
from ..targets.guard import guarded
from ..targets.layout import python_of
from ..targets.manifest import read_drift
from ..targets.records import (
    LOCK,
    next_number,
    read_generation,
    read_state,
    read_value,
    write_generation,
    write_value,
)
from ..targets.remove import remove_generations
from ..targets.tree import read_tree
from ..targets.venv import Recipe, make_current
from ..targets.venv import build as build_venv
from . import system
from .ahead import Ahead, linked_ahead
from .clean import unproven_numbers
from .files import keep_text
from .fingerprint import fingerprint
from .foreign import beside, refuse_upgrade
from .healing import forget, healing, keep_sums, swapped_wheel
from .later import Later
from .locking import Ground, ensure, explained, ground, lead, lock_path
from .locking import lock as relock
from .locking import write as write_lock
from .machine import machine
from .project import HERE, Project, local_target
from .prove import prove_generation, unproven, verdict
from .reading import deep_reader
from .remembered import FACTS, SPEC, remember_spec
from .up import unchanged, why_stale

FRESH = 5.0
"""Seconds for which facts that were asked for before the target's guard was held are good enough."""


@dataclass(frozen=True)
class Prepared:
    """Everything that is decided before anything is built."""

    base: Ground
    lock: LockResult
    python: str
    state: State
    drift: Drift
    plan: Plan


def plan(project: Project, *, locked: bool = False) -> PlanResult:
    """Return what `up` would do. Nothing is written, the lock neither."""
    prepared = _prepare(project, locked=locked, repair=False, upgrade=None)
    system.settle(project, prepared.base.spec, prepared.base.facts, system.nobody)
    return PlanResult(prepared.plan, prepared.base.spec, prepared.lock.lock)


def keep_plan(plan: Plan, path: Path) -> None:
    """Write a plan as JSON."""
    keep_text(path, json.dumps(to_json(plan), indent=1, ensure_ascii=False) + "\n")


def build(
    project: Project,
    *,
    locked: bool,
    repair: bool,
    upgrade: Sequence[str] | None,
    wait: bool,
    began: float,
    agree: system.Agree,
    facts: Later[Facts],
) -> UpResult:
    """Build, prove and switch, while nobody else changes the target (see `up`).

    `facts` of the machine have been asked for already.
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        settled = None if repair or upgrade is not None else unchanged(project)
        if settled is not None:
            # whoever held the target before did what was wanted
            return settled
        if time.monotonic() - began > FRESH:
            # somebody else held the target; the machine may be another by now
            facts = Later(partial(machine, project))
        if repair or upgrade is not None:
            return _build(
                project, facts, None, locked=locked, repair=repair, upgrade=upgrade, began=began, agree=agree
            )
        with linked_ahead(project, project.spec()) as ahead:
            return _build(
                project, facts, ahead, locked=locked, repair=False, upgrade=None, began=began, agree=agree
            )


def _build(
    project: Project,
    facts: Later[Facts],
    ahead: Ahead | None,
    *,
    locked: bool,
    repair: bool,
    upgrade: Sequence[str] | None,
    began: float,
    agree: system.Agree,
) -> UpResult:
    number = ahead.number if ahead else None
    prepared = _prepare(
        project, locked=locked, repair=repair, upgrade=upgrade, ask=lambda _: facts.get(), number=number
    )
    system.settle(project, prepared.base.spec, prepared.base.facts, agree)
    for finding in prepared.lock.lock.findings:
        project.progress.warn(finding)
    result = replace(prepared, lock=write_lock(project, prepared.lock))
    if not prepared.plan.steps:
        return _settle(project, result, began)
    twin = None if repair else _twin(project, prepared)
    if twin is not None:
        make_current(project.layout, twin.number)
        project.progress.note(text("app.up.twin", number=twin.number))
        steps = (Switch(prepared.state.current, twin.number),)
        switched = replace(result, plan=replace(prepared.plan, generation=twin.number, steps=steps))
        return replace(_settle(project, switched, began), unchanged=False, plan=switched.plan)
    return _carry_out(project, result, ahead, repair=repair, began=began)


def _prepare(
    project: Project,
    *,
    locked: bool,
    repair: bool,
    upgrade: Sequence[str] | None,
    ask: Callable[[Project], Facts] = machine,
    number: int | None = None,
) -> Prepared:
    declared = project.spec()
    local_target(project, declared)
    base = ground(project, ask=ask)
    if upgrade is not None:
        led = lead(project, base)
        if led is not None:
            refuse_upgrade(led)
        relock(project, upgrade=upgrade)
    for finding in base.spec.findings:
        project.progress.warn(finding)
    locked_now = ensure(project, base, locked=locked)
    python = interpreter(locked_now.lock.python, base.facts.pythons)
    state = read_state(project.layout)
    drift = Drift()
    if repair and state.current is not None:
        drift = read_drift(project.layout.generation(state.current), read=deep_reader(project, state.current))
    checks = proof.applicable(_versions(locked_now), base.spec, base.facts)
    planned = make(
        locked_now.lock,
        state,
        number=number or next_number(project.layout),
        python=python,
        checks=[check.name for check in checks],
        reasons=_reasons(project, state, locked_now, python, repair=repair),
    )
    return Prepared(base, locked_now, python, state, drift, planned)


def _reasons(
    project: Project, state: State, locked: LockResult, python: str, *, repair: bool
) -> tuple[Text, ...]:
    current = state.generation(state.current)
    if current is None:
        return (text("plan.reason.first"),)
    reasons = []
    if repair:
        reasons.append(text("plan.reason.repair"))
    if current.lock != locked.lock.identity:
        reasons.append(text("plan.reason.lock", file=locked.path))
    if current.inputs.get("interpreter") and current.python != python:
        reasons.append(text("plan.reason.python", old=current.python, new=python))
    if not python_of(project.layout.venv(current.number)).exists():
        reasons.append(text("plan.reason.broken"))
    if current.proof != "passed":
        reasons.append(text("plan.reason.unproven"))
    return tuple(reasons)


def _twin(project: Project, prepared: Prepared) -> Generation | None:
    """Return a proven generation that is what a new one would be: after a rollback nothing is built twice."""
    for one in reversed(prepared.state.generations):
        same = one.lock == prepared.lock.lock.identity and one.python == prepared.python
        if same and one.proof == "passed" and one.number != prepared.state.current:
            venv = project.layout.venv(one.number)
            if python_of(venv).exists() and not read_drift(project.layout.generation(one.number)):
                return one
    return None


def _settle(project: Project, prepared: Prepared, began: float) -> UpResult:
    """Nothing has to be built: prove again where the machine changed, and remember the new inputs."""
    number = prepared.plan.generation
    machine_changed = {reason.key for reason in why_stale(project, number)} & {
        "plan.stale.driver",
        "plan.stale.cgroup",
        "plan.stale.variables",
    }
    remembered = read_value(project.layout, number, SPEC, Spec)
    proof_changed = remembered is None or remembered.proof_digest != prepared.base.spec.proof_digest
    evidence = None
    if machine_changed or proof_changed:
        evidence = prove_generation(project, prepared.base, prepared.lock.lock, number)
        _must_pass(evidence, number)
    generation = read_generation(project.layout, number)
    # the same packages may come from another lock file than before
    inputs = _inputs(project, prepared, generation.python)
    generation = replace(generation, lock_file=prepared.lock.path, inputs=inputs)
    remember_spec(project, number, prepared.base.spec)
    write_generation(project.layout, generation)
    return UpResult(
        project.target,
        evidence is None,
        generation,
        None,
        prepared.lock.lock,
        evidence,
        time.monotonic() - began,
    )


def _carry_out(
    project: Project, prepared: Prepared, ahead: Ahead | None, *, repair: bool, began: float
) -> UpResult:
    layout, locked, planned = project.layout, prepared.lock.lock, prepared.plan
    shortage = needed_space(planned, prepared.base.facts.disks)
    if shortage is not None:
        raise shortage
    number = planned.generation
    begun = ahead == Ahead(number, prepared.python, locked.identity)
    if not begun:
        remove_generations(layout, unproven_numbers(prepared.state))
    uv = lock_room.find_uv(project.environment)
    if repair:
        forget(project, uv, {name for names in prepared.drift.owners.values() for name in names.split(", ")})
    recipe = Recipe(
        create=lock_room.venv_command(
            prepared.base.spec,
            pip=pipconf.read(project.environment),
            environment=project.environment,
            uv=uv,
            python=prepared.python,
            path=str(layout.venv(number)),
        ),
        installs=_installs(project, prepared, uv, refresh=repair),
        anew=_installs(project, prepared, uv, refresh=True)[0],
        explain_create=partial(_no_environment, prepared),
        explain=partial(_not_installed, project, prepared),
        packages=len(locked.packages),
        download=planned.download,
    )
    try:
        records = build_venv(
            layout,
            number,
            recipe,
            healing(project, uv, locked, prepared.state),
            read=partial(
                read_tree,
                host=project.host,
                python=project.python,
                cores=prepared.base.facts.cpu.granted,
                sync=True,
                above=project.root,
            ),
            host=project.host,
            progress=project.progress,
            begun=begun,
        )
        _warn_of_swapped(project, prepared)
        keep_sums(project, number, locked, records)
        generation = _record(project, prepared, number)
        evidence = prove_generation(project, prepared.base, locked, number)
    except (Failure, KeyboardInterrupt):
        # what is half built is of no use to anybody; the current generation was never touched
        remove_generations(layout, [number])
        raise
    generation = replace(generation, proof=verdict(evidence))
    write_generation(layout, generation)
    _must_pass(evidence, prepared.state.current)
    make_current(layout, number)
    if project.target == HERE and not link_for_editors(layout):
        code = "PV406" if stands_in_the_way(layout) else "PV407"
        path = layout.editor_link.name
        project.progress.warn(problem(code, severity="note", path=path, venv=str(layout.venv(number))))
    return UpResult(project.target, False, generation, planned, locked, evidence, time.monotonic() - began)


def _installs(project: Project, prepared: Prepared, uv: str, *, refresh: bool) -> tuple[Command, ...]:
    """Return the ways to install: from the cache alone, which is fastest, then with the network."""
    folder = project.layout.generation(prepared.plan.generation)

    def command(*, offline: bool) -> Command:
        return lock_room.installation(
            prepared.lock.lock,
            prepared.base.spec,
            pip=pipconf.read(project.environment),
            environment=project.environment,
            uv=uv,
            python=str(python_of(folder / "venv")),
            folder=folder,
            offline=offline,
            facts=prepared.base.facts,
        )

    return (command(offline=False),) if refresh else (command(offline=True), command(offline=False))


def _not_installed(project: Project, prepared: Prepared, done: Completed) -> Failure:
    """Return why the packages could not be installed: which wheel was swapped, or the nearest that can be."""
    failure = lock_room.explain_failure(done)
    if failure.problems[0].code == "PV357":
        told = [swapped_wheel("PV418", one) for one in _swapped(project, prepared, since=None)]
        if told:
            return Failure(*told)
    return explained(project, prepared.base, failure)


def _swapped(project: Project, prepared: Prepared, *, since: int | None) -> list[lock_room.Swapped]:
    """Return the wheels in this place's folders that are not the locked ones (see lock.swapped)."""
    return list(
        lock_room.swapped(
            prepared.lock.lock,
            prepared.base.spec,
            pip=pipconf.read(project.environment),
            environment=project.environment,
            since=since,
        )
    )


def _warn_of_swapped(project: Project, prepared: Prepared) -> None:
    """Name the wheels that were swapped after locking, where uv's cache still had the locked ones."""
    lock_file = project.root / prepared.lock.path
    since = lock_file.stat().st_mtime_ns if lock_file.is_file() else None
    for one in _swapped(project, prepared, since=since):
        project.progress.warn(swapped_wheel("PV419", one, severity="warning"))


def _no_environment(prepared: Prepared, done: Completed) -> Failure:
    """Return why there is no environment: most often a Python that is not here and cannot be fetched."""
    failure = lock_room.explain_failure(done)
    if Path(prepared.python).is_absolute():
        return failure
    known = ", ".join(python.version for python in prepared.base.facts.pythons) or "-"
    hints = (
        Hint(text("PV411.hint_declare", known=known)),
        Hint(text("PV411.hint_install", version=prepared.python)),
        Hint(text("PV411.hint_mirror")),
    )
    return Failure(problem("PV411", version=prepared.python, why=failure.problems[0].what, hints=hints))


def _record(project: Project, prepared: Prepared, number: int) -> Generation:
    """Write what makes a folder a generation, and the values that it was made from beside it."""
    locked = prepared.lock.lock
    generation = Generation(
        number=number,
        path=str(project.layout.generation(number)),
        python=prepared.python,
        packages=_versions(prepared.lock),
        lock=locked.identity,
        lock_file=prepared.lock.path,
        inputs=_inputs(project, prepared, prepared.python),
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    remember_spec(project, number, prepared.base.spec)
    write_value(project.layout, number, FACTS, prepared.base.facts)
    write_value(project.layout, number, "plan.json", prepared.plan)
    project.host.put(lock_room.write(locked).encode(), str(project.layout.generation(number) / LOCK))
    write_generation(project.layout, generation)
    return generation


def _inputs(project: Project, prepared: Prepared, interpreter: str) -> dict[str, str]:
    spec, lock_file = prepared.base.spec, prepared.lock.path
    # a lock that appears and would lead, or whose versions count, is noticed
    files = [*spec.files, lock_path(project, None).name, *filter(None, [beside(spec)])]
    return fingerprint(project.root, files, lock_file, interpreter, project.environment, spec.expanded)


def _versions(locked: LockResult) -> dict[str, str]:
    return {package.name: package.version for package in locked.lock.packages}


def _must_pass(evidence: Evidence, stays: int | None) -> None:
    if not evidence.passed:
        raise Failure(unproven(evidence, stays), exit_code=Exit.UNPROVEN, data=evidence)
