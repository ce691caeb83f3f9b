"""The long way of `up`: facts, lock, plan, a new generation, its proof, the switch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from .. import lock as lock_room
from ..errors import Exit, Failure, problem, text
from ..lazy import load
from ..model.codec import to_json
from ..model.evidence import Evidence
from ..model.facts import Facts
from ..model.fleet_up import FleetPlanned
from ..model.plan import Plan, Switch
from ..model.results import PlanResult
from ..model.spec import Spec
from ..model.state import Generation
from ..model.up_result import UpResult
from ..plan.make import needed_space
from ..targets.editors import link_for_editors, stands_in_the_way
from ..targets.guard import guarded
from ..targets.layout import has_python
from ..targets.manifest import read_drift
from ..targets.names import HERE
from ..targets.records import (
    LOCK,
    read_generation,
    read_state,
    read_value,
    write_generation,
    write_value,
)
from ..targets.remove import remove_generations
from ..targets.tree import read_tree, sync_bytecode
from ..targets.venv import build as build_venv
from ..targets.venv import make_current
from . import system
from .choices import AT_ONCE
from .clean import unproven_numbers
from .files import keep_text
from .folder import with_cache
from .healing import forget, healing, keep_sums
from .installing import recipe, warn_of_swapped
from .locking import write as write_lock
from .own_wheel import keep_own_wheel
from .place import at_its_place
from .preparing import Prepared, inputs_of, prepare, versions
from .project import Project, kind_of
from .prove import prove_generation, unproven, verdict
from .remembered import FACTS, SPEC
from .remembering import remember_spec
from .torn_cache import with_whole_cache
from .up import unchanged, why_stale


def plan(project: Project, *, locked: bool = False, at_once: int = AT_ONCE) -> PlanResult | FleetPlanned:
    """Return what `up` would do. Nothing is written, the lock neither."""
    kind = kind_of(project)
    if kind == "ssh":
        of_hosts: FleetPlanned = load("app.fleet_up.plan")(project, locked=locked, at_once=at_once)
        return of_hosts
    if kind == "image":
        planned: PlanResult = load("app.images.plan")(project, locked=locked)
        return planned
    with at_its_place(with_cache(project)) as there:
        return _plan(there, locked=locked)


def _plan(project: Project, *, locked: bool) -> PlanResult:
    prepared = prepare(project, locked=locked)
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
    told: Callable[[], Facts],
) -> UpResult:
    """Build, prove and switch, while nobody else changes the target (see `up`).

    `told` waits for the machine's facts, which are asked already.
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        settled = None if repair or upgrade is not None else unchanged(project)
        if settled is not None:
            # whoever held the target before did what was wanted
            return settled
        project = with_cache(project)
        prepared = prepare(project, locked=locked, repair=repair, upgrade=upgrade, told=told)
        system.settle(project, prepared.base.spec, prepared.base.facts, agree)
        for finding in prepared.lock.lock.findings:
            project.progress.warn(finding)
        result = replace(prepared, lock=write_lock(project, prepared.lock))
        result = replace(result, inputs=inputs_of(project, result, result.python))
        if not prepared.plan.steps:
            return _settle(project, result, began)
        twin = None if repair else _twin(project, prepared)
        if twin is not None:
            make_current(project.layout, twin.number)
            project.progress.note(text("app.up.twin", number=twin.number))
            steps = (Switch(prepared.state.current, twin.number),)
            switched = replace(result, plan=replace(prepared.plan, generation=twin.number, steps=steps))
            return replace(_settle(project, switched, began), unchanged=False, plan=switched.plan)
        return with_whole_cache(project, partial(_carry_out, project, result, repair=repair, began=began))


def _twin(project: Project, prepared: Prepared) -> Generation | None:
    """Return a proven generation that is what a new one would be: after a rollback nothing is built twice."""
    for one in reversed(prepared.state.generations):
        same = one.lock == prepared.lock.lock.identity and one.python == prepared.python
        if same and one.proof == "passed" and one.number != prepared.state.current:
            venv = project.layout.venv(one.number)
            if has_python(venv) and not read_drift(project.layout.generation(one.number)):
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
    inputs = inputs_of(project, prepared, generation.python)
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


def _carry_out(project: Project, prepared: Prepared, *, repair: bool, began: float) -> UpResult:
    layout, locked, planned = project.layout, prepared.lock.lock, prepared.plan
    shortage = needed_space(planned, prepared.base.facts.disks)
    if shortage is not None:
        raise shortage
    keep_own_wheel(project, prepared.base.spec, locked)
    remove_generations(layout, unproven_numbers(read_state(layout)))
    number = planned.generation
    if repair:
        forget(project, prepared.drift.packages)
    try:
        records = build_venv(
            layout,
            number,
            recipe(project, prepared, refresh=repair),
            healing(project, locked, prepared.state),
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
        )
        warn_of_swapped(project, prepared)
        keep_sums(project, number, locked, records)
        generation = _record(project, prepared, number)
        evidence = prove_generation(project, prepared.base, locked, number)
    except (Failure, KeyboardInterrupt, OSError, MemoryError, RuntimeError):
        # what is half built is of no use to anybody; the current generation was never touched
        with suppress(OSError):  # a disk that fails here too: the next `up` takes it away
            remove_generations(layout, [number])
        raise
    generation = replace(generation, proof=verdict(evidence))
    sync_bytecode(layout.venv(number), host=project.host, python=project.python)
    write_generation(layout, generation)
    _must_pass(evidence, prepared.state.current)
    if project.prover is not None:
        load("app.slurm.wheels")(project, number)
    make_current(layout, number)
    if project.target == HERE and not link_for_editors(layout):
        code = "PV406" if stands_in_the_way(layout) else "PV407"
        path = layout.editor_link.name
        project.progress.warn(problem(code, severity="note", path=path, venv=str(layout.venv(number))))
    return UpResult(project.target, False, generation, planned, locked, evidence, time.monotonic() - began)


def _record(project: Project, prepared: Prepared, number: int) -> Generation:
    """Write what makes a folder a generation, and the values that it was made from beside it."""
    locked = prepared.lock.lock
    generation = Generation(
        number=number,
        path=str(project.layout.generation(number)),
        python=prepared.python,
        packages=versions(prepared.lock),
        lock=locked.identity,
        lock_file=prepared.lock.path,
        inputs=prepared.inputs,
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    remember_spec(project, number, prepared.base.spec)
    write_value(project.layout, number, FACTS, prepared.base.facts)
    write_value(project.layout, number, "plan.json", prepared.plan)
    keep_text(project.layout.generation(number) / LOCK, lock_room.write(locked))
    write_generation(project.layout, generation)
    return generation


def _must_pass(evidence: Evidence, stays: int | None) -> None:
    if not evidence.passed:
        raise Failure(unproven(evidence, stays), exit_code=Exit.UNPROVEN, data=evidence)
