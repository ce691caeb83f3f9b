"""`plan` on hosts: what `up` would do on each, and how much would travel there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...lock.download import wanted
from ...model.channel import Host
from ...model.facts import Platform
from ...model.fleet import HostResult
from ...model.fleet_up import FleetPlanned, HostPlanned
from ...model.lock import Lock
from ...plan.interpreter import interpreter
from ..fleet.each import AT_ONCE, on_each
from ..fleet.hosts import closing, hosts_of
from ..folder import with_cache
from ..project import Project
from .collecting import kind_of
from .preparing import Prepared, prepare
from .reaching import all_of
from .sending import look
from .store import File

UNSIZED = 0
"""Stands for the size of a file whose index does not say it: no host has it so, it counts as missing."""


def plan_fleet(project: Project, *, locked: bool = False, at_once: int = AT_ONCE) -> FleetPlanned:
    """Return what `up` would do. Nothing is written but what the hosts told of themselves."""
    with closing(hosts_of(project)) as hosts:
        return planned(project, hosts, locked=locked, at_once=at_once)


def planned(
    project: Project, hosts: Sequence[tuple[str, Host]], *, locked: bool = False, at_once: int = AT_ONCE
) -> FleetPlanned:
    """Return what `up` would do on these hosts; see `plan_fleet`."""
    prepared = prepare(with_cache(project), hosts, locked=locked, at_once=at_once)
    each = _each(hosts, prepared, at_once)
    all_of(project.target, each)
    return FleetPlanned(project.target, prepared.plan, prepared.base.spec, prepared.lock.lock, each)


def _each(
    hosts: Sequence[tuple[str, Host]], prepared: Prepared, at_once: int
) -> tuple[HostResult[HostPlanned], ...]:
    kinds = {kind_of(facts.platform) for facts in prepared.facts.values()}
    wanted_by = {kind: files_of(prepared.lock.lock, kind) for kind in kinds}

    def act(name: str, _: object) -> HostPlanned:
        seen, locked, facts = prepared.looks[name], prepared.lock.lock, prepared.facts[name]
        there = HostPlanned(
            python=interpreter(locked.python, facts.pythons),
            has=seen.has(prepared.goal, locked.identity) and not seen.drift,
            current=seen.standing.current,
        )
        if there.has:
            return there
        files = wanted_by[kind_of(facts.platform)]
        missing = look(seen.place, prepared.goal, files, using=False).missing
        travelling = [one for one in files if one.digest in missing]
        return HostPlanned(
            there.python,
            False,
            there.current,
            len(travelling),
            sum(one.size for one in travelling),
            sum(one.size == UNSIZED for one in travelling),
        )

    return on_each(hosts, act, at_once=at_once)


def files_of(lock: Lock, platform: Platform) -> tuple[File, ...]:
    """Return the packages' files for such a host, as they would lie in its cache."""
    return tuple(
        File(one.hashes["sha256"], one.path.rpartition("/")[2], Path(one.path), one.size or UNSIZED)
        for one in wanted(lock, platform)
    )
