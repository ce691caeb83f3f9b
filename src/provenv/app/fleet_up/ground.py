"""What an environment on several hosts is locked for: the facts of all of them as those of one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ... import facts as facts_room
from ...errors import Failure, text
from ...model.channel import Host
from ...model.facts import Facts
from ...model.fleet import FleetFacts
from ...model.spec import Spec
from ..fleet.each import AT_ONCE
from ..fleet.facts import asked
from ..fleet.hosts import closing, hosts_of, options_of
from ..fleet.kept import Kept
from ..locking import Ground
from ..project import Project, find_target
from .reaching import not_all

FRESH = 24 * 3600.0
"""Seconds for which a lock takes what a host told before: drivers and systems do not change by the hour."""


def fleet_ground(project: Project, declared: Spec) -> Ground:
    """Return what one lock for all hosts of the target is made from; `declared` is the file as it sees it.

    Hosts that told their facts within a day are not asked again: that is said. Raises Failure: PV1292 where
    some do not answer, PV1340 where no lock fits all.
    """
    hosts = hosts_of(project)
    kept = Kept(project.layout)
    known = {name: found for name, _ in hosts if (found := _recent(kept, name)) is not None}
    if known:
        project.progress.note(text("fleet_up.kept_facts", n=len(known), target=project.target))
    missing = [one for one in hosts if one[0] not in known]
    if missing:
        with closing(missing):
            told = asked(project, missing, options_of(project).folder)
        known |= by_host(told)
    return grounded(project, declared, {name: known[name] for name, _ in hosts})


def ask_all(
    project: Project, hosts: Sequence[tuple[str, Host]], folder: str, *, at_once: int = AT_ONCE
) -> Mapping[str, Facts]:
    """Return the facts of every host, asked now; the connections stay.

    Raises Failure PV1342, with what the others told: without one of them nothing can be made for all.
    """
    try:
        return by_host(asked(project, hosts, folder, at_once=at_once, keep_open=True))
    except Failure as failure:
        told = failure.data
        if not isinstance(told, FleetFacts):
            raise
        missing = [one.host for one in told.hosts if not one.ok]
        raise Failure(not_all(project.target, missing, len(told.hosts)), data=told) from failure


def grounded(project: Project, declared: Spec, told: Mapping[str, Facts]) -> Ground:
    """Return what the lock is made from, of these facts; those of the target's own `facts` file win.

    Devices that only some hosts have are told.
    Raises Failure PV1340, and as `facts.load` does.
    """
    target = find_target(project, declared)
    named = target.options.get("facts") if target else None
    if named:
        return Ground(declared, facts_room.load(Path(project.root, str(named))), foreign=True)
    found = facts_room.combined(list(told.items()))
    for finding in () if declared.accelerator == "cpu" else found.findings:
        project.progress.warn(finding)
    return Ground(declared, found.facts, foreign=True, told=found.choices)


def by_host(told: FleetFacts) -> dict[str, Facts]:
    """Return the facts by the host that told them."""
    return {one.host: one.value for one in told.hosts if one.value is not None}


def _recent(kept: Kept, host: str) -> Facts | None:
    """Return what a host told within a day."""
    found, at = kept.read(host), kept.written(host)
    if found is None or at is None or time.time() - at > FRESH:
        return None
    return found[0].value
