"""`up` on hosts: built and proven on all of them, then switched on all of them, then at home; or on none."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...errors import Hint, problem, text
from ...hosts.ssh import SshHost
from ...model.channel import Host
from ...model.fleet import HostResult
from ...model.fleet_up import FleetUp, HostMade
from ...model.host_names import folded
from ...model.state import Generation
from ...targets.guard import guarded
from ...targets.records import read_state
from ...targets.remove import remove_generations
from ...targets.venv import make_current
from ..clean import unproven_numbers
from ..fleet.each import AT_ONCE, on_each
from ..fleet.hosts import closing, hosts_of, options_of
from ..folder import usable, with_cache
from ..locking import write as write_lock
from ..project import Project
from .carrying_out import Made, carry_out
from .inputs import unchanged
from .preparing import DRIFTED, Prepared, prepare
from .reaching import Look, all_of, look
from .receipts import known_hosts, read_receipt
from .sweeping import remove
from .switching import switch_all


def up_fleet(
    project: Project,
    *,
    locked: bool = False,
    repair: bool = False,
    upgrade: Sequence[str] | None = None,
    wait: bool = True,
    began: float = 0.0,
    at_once: int = AT_ONCE,
) -> FleetUp:
    """Give every host of the target the environment that the file says, proven on all and between them.

    What it is, is decided once, from the facts of all. A host that fails keeps every host where it is; what
    the others have is kept, and the same command goes on from there. Hosts that stand elsewhere than the
    target (a kill in the middle of a switch) are put right.
    Raises Failure as `app.up.up`, with a FleetUp: PV1342 a host does not answer, PV1343 some could not be
    given it; with exit code 3 where the proof failed.
    """
    usable(project.root)
    with guarded(project.layout, wait=wait, progress=project.progress), closing(hosts_of(project)) as hosts:
        project = with_cache(project)
        if not repair and upgrade is None:
            settled = _settled(project, hosts, at_once)
            if settled is not None:
                return replace(settled, seconds=time.monotonic() - began)
        prepared = prepare(project, hosts, locked=locked, repair=repair, upgrade=upgrade, at_once=at_once)
        for finding in prepared.lock.lock.findings:
            project.progress.warn(finding)
        _tell_of_system(project, prepared)
        for reason in prepared.plan.reasons:
            if reason.key == DRIFTED:
                project.progress.note(reason)
        prepared = replace(prepared, lock=write_lock(project, prepared.lock))
        _forget_others(project, prepared, at_once)
        made = carry_out(project, prepared, at_once=at_once)
        return _switched(project, prepared, made, began)


def _settled(project: Project, hosts: Sequence[tuple[str, SshHost]], at_once: int) -> FleetUp | None:
    """Return the result where nothing changed here and every host stands whole where it shall; else None.

    Raises Failure PV1342 where a host does not answer: nobody knows then.
    """
    state = read_state(project.layout)
    generation = state.generation(state.current)
    if generation is None or generation.proof != "passed" or not unchanged(project, generation):
        return None
    number = generation.number
    receipts = [read_receipt(project.layout, number, name) for name, _ in hosts]
    if not all(one is not None and one.passed for one in receipts):
        return None
    folder = options_of(project).folder
    looks = all_of(project.target, look(hosts, folder, project.target, number, at_once=at_once))
    if not all(one.stands_at(generation) for one in looks.values()):
        return None
    there = tuple(HostResult(name, HostMade(proof="passed"), None, 0.0) for name in looks)
    return FleetUp(project.target, True, number, there, generation, left=_left(project, generation, looks))


def _tell_of_system(project: Project, prepared: Prepared) -> None:
    """Say that system packages which the file names are nobody's business here."""
    spec = prepared.base.spec
    if spec.system:
        hint = Hint(text("PV1351.hint"), f"provenv exec --on {project.target} -- COMMAND")
        names = ", ".join(f"`{one}`" for one in spec.system)
        project.progress.warn(
            problem("PV1351", severity="note", names=names, n=len(spec.system), hints=(hint,))
        )


def _forget_others(project: Project, prepared: Prepared, at_once: int) -> None:
    """Take away what was begun for another lock and never proven, here and on the hosts."""
    gone = [number for number in unproven_numbers(prepared.state) if number != prepared.goal]
    if not gone:
        return

    def act(name: str, _: Host) -> tuple[int, ...]:
        seen = prepared.looks[name]
        return remove(seen.place, [number for number in gone if number in seen.standing.generations])

    hosts = [(name, seen.place.host) for name, seen in prepared.looks.items()]
    all_of(project.target, on_each(hosts, act, at_once=at_once))
    remove_generations(project.layout, gone)


def _switched(project: Project, prepared: Prepared, made: Made, began: float) -> FleetUp:
    """Switch every host, then home: until then what is current here is what all others go by."""
    number, state = prepared.goal, prepared.state
    places = [seen.place for seen in prepared.looks.values()]
    elsewhere = tuple(name for name, seen in prepared.looks.items() if seen.standing.current != state.current)
    moving = [name for name, seen in prepared.looks.items() if seen.standing.current != number]
    if moving:
        switch_all(places, number)
    if state.current != number:
        make_current(project.layout, number)
    righted = tuple(name for name in elsewhere if state.current is not None and name not in made.new)
    if righted:
        project.progress.note(text("fleet_up.righted", n=len(righted), hosts=folded(righted)))
    hosts = tuple(
        replace(one, value=replace(one.value, switched=one.host in moving)) if one.value else one
        for one in made.hosts
    )
    return FleetUp(
        project.target,
        not prepared.plan.steps and not moving and not made.anything,
        number,
        hosts,
        made.generation,
        prepared.plan if prepared.plan.steps else None,
        prepared.lock.lock,
        made.evidence,
        righted,
        _left(project, made.generation, prepared.looks),
        time.monotonic() - began,
    )


def _left(project: Project, generation: Generation, looks: Mapping[str, Look]) -> tuple[str, ...]:
    """Return the hosts that were given this generation and are none of the target's any more."""
    return tuple(one for one in known_hosts(project.layout, generation.number) if one not in looks)
