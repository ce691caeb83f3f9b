"""`status` of hosts: whether the target is as declared, and where every host stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...errors import Failure, Hint, Text, problem, text
from ...model.channel import Host
from ...model.fleet import HostResult
from ...model.fleet_up import FleetStatus, HostStanding
from ...model.host_names import folded
from ...model.state import Drift, Generation
from ...plan.interpreter import interpreter
from ...targets.receipts import read_proof
from ...targets.records import read_state
from ..fleet.each import AT_ONCE, on_each
from ..fleet.hosts import closing, hosts_of, options_of
from ..fleet.kept import Kept
from ..project import Project
from ..prove import verdict
from ..remembered import remembered_spec
from .inputs import why_stale
from .reaching import Look, look_at
from .receipts import read_receipt
from .running import running
from .time_there import clock_of

Sync = Literal["absent", "in-sync", "stale", "drifted"]


def status_fleet(project: Project, *, deep: bool = False, at_once: int = AT_ONCE) -> FleetStatus:
    """Return where the target and each of its hosts stand; `deep` reads every file's content there.

    Raises Failure, with the FleetStatus: PV1346 hosts that do not answer, PV1347 and PV1348 hosts that do not
    stand, whole, where the target does.
    """
    generation = current_of(project)
    declared = remembered_spec(project, generation) if generation else project.spec()
    number = generation.number if generation else None
    folder, layout = options_of(project).folder, project.layout

    def act(name: str, host: Host) -> HostStanding:
        seen = look_at(name, host, folder, project.target, number, deep=deep)
        return _standing(project, name, host, seen, generation)

    with closing(hosts_of(project)) as hosts:
        results = on_each(hosts, act, at_once=at_once)
    reasons = why_stale(project, generation) if generation is not None else ()
    found = FleetStatus(
        project.target,
        declared.file,
        _sync(generation, results, reasons),
        results,
        generation,
        reasons,
        read_proof(layout, generation.number) if generation is not None else None,
    )
    _must_agree(project, found)
    return found


def current_of(project: Project) -> Generation | None:
    """Return the generation at which all hosts shall stand, if there is one."""
    state = read_state(project.layout)
    return state.generation(state.current)


def _standing(
    project: Project, name: str, host: Host, seen: Look, generation: Generation | None
) -> HostStanding:
    receipt = read_receipt(project.layout, generation.number, name) if generation is not None else None
    told = Kept(project.layout).read(name)
    pythons = told[0].value.pythons if told is not None and told[0].value is not None else ()
    return HostStanding(
        current=seen.standing.current,
        generations=seen.standing.generations,
        drift=Drift() if seen.drift is None else seen.drift,
        python=interpreter(generation.python, pythons) if generation is not None else "",
        proof=verdict(receipt) if receipt is not None else "",
        proven=receipt.started if receipt is not None else "",
        free=seen.standing.free,
        clock=clock_of(host),
        running=len(running(seen.place)),
    )


def _sync(
    generation: Generation | None, results: Sequence[HostResult[HostStanding]], reasons: Sequence[Text]
) -> Sync:
    if generation is None:
        return "absent"
    answered = [one.value for one in results if one.value is not None]
    if any(one.drift or one.current != generation.number for one in answered):
        return "drifted"
    return "stale" if reasons else "in-sync"


def _must_agree(project: Project, found: FleetStatus) -> None:
    """Raise Failure where a host does not answer, or stands elsewhere."""
    hints = (Hint(text("PV1347.hint"), f"provenv up --on {project.target}"),)
    silent = [one.host for one in found.hosts if not one.ok]
    problems = []
    if silent:
        why = text("PV1342.why", hosts=folded(silent))
        count = f"{len(found.hosts):,}"
        problems.append(problem("PV1346", why=why, n=len(silent), count=count, target=project.target))
    if found.differing:
        number = found.generation.number if found.generation else 0
        code = "PV1347" if number else "PV1348"
        hosts = folded(found.differing)
        problems.append(problem(code, hints=hints, hosts=hosts, n=len(found.differing), number=number))
    if problems:
        raise Failure(*problems, data=found)
