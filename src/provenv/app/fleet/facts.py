"""The facts of every host of a target: asked side by side, compared, kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ... import facts as facts_room
from ...errors import Failure, Hint, Problem, problem, text
from ...model.channel import Host
from ...model.facts import Facts
from ...model.fleet import Clock, FleetFacts, HostResult
from ...model.host_names import folded
from ...model.progress import Progress
from ..project import Project
from .each import AT_ONCE, close, on_each
from .hosts import closing, hosts_of, options_of
from .kept import Kept

PYTHON = "python3"
CACHE, TEMPORARY = "~/.cache/uv", "/tmp"  # noqa: S108 - its room is asked about, nothing is written there
"""Where uv and programs write on a host where nothing else is said."""


@dataclass(frozen=True)
class Answer:
    """What one host told."""

    facts: Facts
    clock: Clock | None


def facts_of_fleet(
    project: Project, *, wanted: Sequence[str] = (), only_failed: bool = False, at_once: int = AT_ONCE
) -> FleetFacts:
    """Return the facts of the target's hosts, or of those that are `wanted`, asked now.

    With `only_failed`, hosts that answered the last time are not asked again.
    Raises Failure: PV1292 some did not answer (with the FleetFacts), and as `hosts_of` does.
    """
    folder = options_of(project).folder
    with closing(hosts_of(project, wanted)) as hosts:
        return asked(project, hosts, folder, only_failed=only_failed, at_once=at_once)


def asked(
    project: Project,
    hosts: Sequence[tuple[str, Host]],
    folder: str,
    *,
    only_failed: bool = False,
    at_once: int = AT_ONCE,
    keep_open: bool = False,
) -> FleetFacts:
    """Return what these hosts tell, of their `folder` too; see `facts_of_fleet`.

    With `keep_open` the connections stay, for who goes on with them.
    """
    kept = Kept(project.layout)
    keeping = _Keeping(kept, project.progress)
    known = {name: found for name, _ in hosts if (found := kept.read(name))} if only_failed else {}
    task = project.progress.task(text("fleet.facts.asking", n=len(hosts)), total=len(hosts))
    task.advance(len(known))

    def act(_: str, host: Host) -> Answer:
        try:
            told = facts_room.ask(host, PYTHON, project=folder, cache=CACHE, temporary=TEMPORARY)
        finally:
            if not keep_open:
                close(host)  # here, side by side: a thousand connections that wait for their end are too many
        return Answer(facts_room.read(told.document), told.clock)

    def answered(one: HostResult[Answer]) -> None:
        task.advance(1)
        known[one.host] = _separate(one)
        keeping.write(*known[one.host])

    fresh = on_each(
        [(name, host) for name, host in hosts if name not in known], act, at_once=at_once, progress=answered
    )
    results = tuple(known[name][0] for name, _ in hosts)
    clocks = tuple((name, clock) for name, _ in hosts if (clock := known[name][1]))
    now = {one.host for one in fresh}
    told = FleetFacts(
        project.target,
        results,
        clocks,
        facts_room.differing(results, clocks),
        tuple(name for name, _ in hosts if name not in now),
    )
    missing = [one.host for one in results if not one.ok]
    words = text("fleet.facts.asked", answered=f"{len(hosts) - len(missing):,}", n=len(hosts))
    if not missing:
        task.finish(words)
        return told
    task.fail(words)
    raise Failure(_some_did_not(project.target, missing, len(hosts)), data=told)


class _Keeping:
    """Keeps what hosts told; where that fails it is said once, and what they told is shown all the same."""

    def __init__(self, kept: Kept, progress: Progress) -> None:
        self._kept, self._progress = kept, progress
        self._fails = False

    def write(self, result: HostResult[Facts], clock: Clock | None) -> None:
        if self._fails:
            return
        try:
            self._kept.write(result, clock)
        except Failure as failure:
            self._fails = True
            self._progress.warn(replace(failure.problems[0], severity="warning"))


def _separate(one: HostResult[Answer]) -> tuple[HostResult[Facts], Clock | None]:
    if one.value is None:
        return HostResult(one.host, None, one.problem, one.seconds), None
    return HostResult(one.host, one.value.facts, None, one.seconds), one.value.clock


def _some_did_not(target: str, missing: Sequence[str], count: int) -> Problem:
    again = f"provenv facts --on {target} --only-failed"
    return problem(
        "PV1292",
        why=text("PV1292.why", hosts=folded(missing)),
        hints=(Hint(text("PV1292.hint"), again),),
        n=len(missing),
        count=f"{count:,}",
        target=target,
    )
