"""What `up` decides before anything is made on a host: the lock for all, which generation, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ... import proof
from ...errors import Text, text
from ...model.channel import Host
from ...model.facts import Facts
from ...model.host_names import folded
from ...model.plan import Plan, Switch
from ...model.results import LockResult
from ...model.state import Generation, State
from ...plan.make import make
from ...targets.records import next_number, read_state
from ..fleet.hosts import options_of
from ..foreign import refuse_upgrade
from ..locking import Ground, ensure, lead, targeted
from ..locking import lock as relock
from ..project import Project
from .ground import ask_all, grounded
from .inputs import watched
from .reaching import Look, all_of, drifted, look

DRIFTED = "fleet_up.reason.drift"
"""The reason that hosts' files have changed: `up` says it, since nobody has asked for that."""


@dataclass(frozen=True)
class Prepared:
    """Everything that is decided before anything is made; `goal` is the generation that all shall stand at.

    `looks` tell what each host has, and of that generation how far it has drifted there.
    """

    base: Ground
    facts: Mapping[str, Facts]
    lock: LockResult
    state: State
    looks: Mapping[str, Look]
    goal: int
    plan: Plan
    inputs: Mapping[str, str]
    """What was here when the files were read: one that changes while we work is noticed by the next `up`."""


def prepare(
    project: Project,
    hosts: Sequence[tuple[str, Host]],
    *,
    locked: bool,
    repair: bool = False,
    upgrade: Sequence[str] | None = None,
    at_once: int,
) -> Prepared:
    """Decide what is to be done on the hosts, and why; they are asked, nothing is made.

    Raises Failure: PV1342 where one does not answer, PV1340, whatever is wrong with the file or the lock.
    """
    folder = options_of(project).folder
    facts = ask_all(project, hosts, folder, at_once=at_once)
    base = grounded(project, targeted(project, project.spec()), facts)
    inputs = watched(project, base.spec)
    if upgrade is not None:
        led = lead(project, base)
        if led is not None:
            refuse_upgrade(led)
        relock(project, upgrade=upgrade)
    for finding in base.spec.findings:
        project.progress.warn(finding)
    locked_now = ensure(project, base, locked=locked)
    state = read_state(project.layout)

    def looked(number: int | None) -> dict[str, Look]:
        return all_of(project.target, look(hosts, folder, project.target, number, at_once=at_once))

    looks = looked(state.current)
    reasons = _reasons(state, locked_now, looks, repair=repair)
    goal = state.current or 0
    if reasons:
        made = None if repair else _made(state, locked_now, _common(state, looks))
        goal = made.number if made is not None else _free_number(project, looks)
        if made is not None:
            looks = looked(goal)
            if made.proof == "passed" and drifted(looks):
                goal = _free_number(project, looks)
    planned = _plan(base, locked_now, state, goal, reasons)
    return Prepared(base, facts, locked_now, state, looks, goal, planned, inputs)


def _plan(base: Ground, locked: LockResult, state: State, goal: int, reasons: Sequence[Text]) -> Plan:
    """Return the plan; of a generation that was made and proven already nothing but the switch."""
    versions = {package.name: package.version for package in locked.lock.packages}
    planned = make(
        locked.lock,
        state,
        number=goal,
        python=locked.lock.python,
        checks=[check.name for check in proof.applicable(versions, base.spec, base.facts)],
        reasons=reasons,
    )
    known = state.generation(goal)
    if reasons and known is not None and known.proof == "passed":
        return replace(planned, steps=(Switch(state.current, goal),), download=0, disk=0, unsized=0)
    return planned


def _reasons(
    state: State, locked: LockResult, looks: Mapping[str, Look], *, repair: bool
) -> tuple[Text, ...]:
    current = state.generation(state.current)
    if current is None:
        return (text("plan.reason.first"),)
    found = []
    if repair:
        found.append(text("plan.reason.repair"))
    if current.lock != locked.lock.identity:
        found.append(text("plan.reason.lock", file=locked.path))
    if current.python != locked.lock.python:
        found.append(text("plan.reason.python", old=current.python, new=locked.lock.python))
    if changed := drifted(looks):
        found.append(text(DRIFTED, hosts=folded(changed), n=len(changed)))
    return tuple(found)


def _made(state: State, locked: LockResult, numbers: Sequence[int]) -> Generation | None:
    """Return a generation of this very lock that was begun and not finished, or proven before."""
    for one in reversed(state.generations):
        same = one.lock == locked.lock.identity and one.python == locked.lock.python
        if same and one.number != state.current and (one.proof != "passed" or one.number in numbers):
            return one
    return None


def _common(state: State, looks: Mapping[str, Look]) -> tuple[int, ...]:
    """Return the generations that every host has whole."""
    return tuple(
        one.number
        for one in state.generations
        if all(look.has(one.number, one.lock) for look in looks.values())
    )


def _free_number(project: Project, looks: Mapping[str, Look]) -> int:
    """Return a number that no generation has, neither here nor on any host."""
    there = [number for one in looks.values() for number in one.standing.generations]
    return max(next_number(project.layout), *(number + 1 for number in there), 1)
