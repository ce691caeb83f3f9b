"""`run` on the hosts of a target: what has to be there first, the record, and how it ended."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import Failure, Hint, Problem, problem, text
from ...lazy import load
from ...model.channel import Host
from ...model.diagnosis import Diagnosis
from ...model.fleet import HostResult
from ...model.host_names import folded
from ...model.launch import Asked, Launch
from ...model.runs import RunRecord, RunState
from ...model.spec import Spec
from ...model.state import Generation
from ...runs.environment import Prepared as Environment
from ...runs.environment import not_set
from ...runs.events import Events
from ...runs.folder import RunFolder, new_id, runs_folder
from ...runs.job import Job, Limits
from ...runs.keeper import Keeper
from ...runs.on_hosts import Bounds, bounds
from ...runs.program import Code
from ...runs.supervisor import Attempts, Supervised, watched
from ...targets.records import read_state
from ..fleet.each import close, on_each
from ..fleet.hosts import hosts_of, options_of
from ..fleet.meeting import meet, require
from ..fleet_up.places import Place
from ..launch import as_ours
from ..on_hosts.code import code_of
from ..project import Project
from ..remembered import remembered_spec
from ..runs.launch import recorded
from ..runs.watching import Raw, Watcher
from .formation import How
from .group import HostsGroup
from .parts import Part
from .ready import Prepared, Readying, folder_is_shared
from .wanted import Wanted, possible, wanted_of

if TYPE_CHECKING:
    from ...model.live_run import RunView


def run(
    project: Project,
    *,
    name: str | None,
    command: tuple[str, ...],
    announce: Callable[[Launch], None],
    folder: Path | None,
    in_place: bool,
    explain: bool | None,
    asked: Asked,
    show: Callable[[str], RunView] | None,
) -> Launch:
    """Run a declared run, or a command, on the target's hosts (see app.launch.run); return how it ended.

    Raises Failure with 125 where it can't begin: PV721 no environment, PV1373 a host has none, PV1375 too few
    hosts can be reached, PV1361 they do not reach each other; with 2 where PV1376 says what is not possible
    there.
    """
    possible(in_place=in_place, asked=asked)
    return as_ours(lambda: _begin(project, name, command, folder, asked))(announce, explain, show)


def _begin(
    project: Project, name: str | None, command: tuple[str, ...], folder: Path | None, asked: Asked
) -> Callable[..., Launch]:
    state = read_state(project.layout)
    generation = state.generation(state.current)
    if generation is None:
        up = f"provenv up --on {project.target}"
        raise Failure(problem("PV721", target=project.target, hints=(Hint(None, up),)))
    spec = remembered_spec(project, generation)
    wanted = wanted_of(project, spec, name, command, folder, asked)
    launching = _Launching(project, spec, generation, wanted, asked.hosts)

    def go_on(
        announce: Callable[[Launch], None],
        explain: bool | None,
        show: Callable[[str], RunView] | None,
    ) -> Launch:
        return launching.carry_out(announce, explain=explain is not False, show=show)

    return go_on


@dataclass
class _Launching:
    """One run on hosts, from the first look to the last word."""

    project: Project
    spec: Spec
    generation: Generation
    wanted: Wanted
    hosts: tuple[str, ...]

    def carry_out(
        self,
        announce: Callable[[Launch], None],
        *,
        explain: bool,
        show: Callable[[str], RunView] | None,
    ) -> Launch:
        """Make the hosts ready, run, and return how it ended."""
        project, wanted = self.project, self.wanted
        paths = RunFolder(runs_folder(project.root) / new_id())
        with ExitStack() as stack:
            ready, prepared, absent, needed = as_ours(lambda: self._ready(paths.id, stack))
            order = tuple(one.place.name for one in prepared)
            order = (*order, *(name for name, _ in absent))
            world = sum(one.processes for one in prepared)
            findings = (*not_set(project.environment, self.spec), *_without_data(self.spec))
            number = self.generation.number
            begun = Launch(wanted.argv, number, findings=findings, run=paths.id, processes=world)
            first = prepared[0]
            folder = posixpath.join(first.place.root, wanted.folder) if wanted.folder else first.place.root
            record, difference = self._recorded(begun, paths, first.environment, folder)
            record = replace(record, hosts=order)
            job = Job(
                argv=wanted.argv,
                folder=folder,
                environment=first.environment,
                world=world,
                retries=wanted.retries,
                quiet=wanted.stall,
            )
            how = self._how(paths.id, order, job.grace, ready)
            announce(begun)
            labels: dict[int, str] = {}
            watcher = Watcher(
                paths,
                show(f"{paths.id}  {wanted.name or shlex.join(wanted.argv)}") if show is not None else Raw(),
                job,
                cores=0.0,
                folder=None,
                labels=labels,
            )

            def diagnose(log: bytes, code: int) -> Diagnosis | None:
                found: Diagnosis | None = load("app.answer_to_run")(log, code, project)
                return found

            def begin_with(events: Events, keeper: Keeper) -> Attempts:
                parts = _started(ready, prepared, events)
                group = HostsGroup(
                    paths,
                    how,
                    parts,
                    absent,
                    ready.open,
                    needed,
                    Limits(job.grace, job.quiet, job.patience),
                    events,
                    watcher.callbacks(),
                    labels,
                )
                stack.callback(group.close)
                return group

            ended: RunState = "failed"
            try:
                done = watched(
                    paths,
                    record,
                    job,
                    begin_with,
                    difference=difference,
                    diagnose=diagnose,
                    callbacks=watcher.callbacks(),
                )
                ended = done.end.state
            finally:
                watcher.close(ended)
        for finding in (*done.findings, *watcher.findings):
            project.progress.warn(finding)
        return _told(begun, done, explain=explain)

    def _recorded(
        self, begun: Launch, paths: RunFolder, environment: Mapping[str, str], folder: str
    ) -> tuple[RunRecord, bytes]:
        return recorded(
            self.project,
            begun,
            paths,
            spec=self.spec,
            prepared=Environment(environment, {}, {}),
            name=self.wanted.name,
            folder=folder,
            data={},
        )

    def _how(self, run: str, order: tuple[str, ...], grace: float, ready: Readying) -> How:
        return How(
            run,
            self.wanted.argv,
            self.wanted.folder,
            order,
            "torch" in self.generation.packages,
            self.generation.number,
            grace,
            self.wanted.retries,
            0 if ready.meeting is None else ready.meeting.port,
        )

    def _ready(
        self, run: str, stack: ExitStack
    ) -> tuple[Readying, tuple[Prepared, ...], tuple[tuple[str, Problem], ...], Bounds]:
        project, wanted = self.project, self.wanted
        found = hosts_of(project, self.hosts)
        needed = bounds(len(found), wanted.least)
        for _, host in found:
            stack.callback(host.close)
        tree = code_of(project, self.spec, wanted.argv, project.progress)
        folder = options_of(project).folder
        ready = Readying(project, self.spec, self.generation.number, folder, wanted.processes, run, tree)
        own = dict(found)
        task = project.progress.task(text("fleet.run.readying", n=len(found)), total=len(found))

        def look(name: str, _: Host) -> Prepared:
            return ready.prepare(ready.look(name, own[name]))

        results = on_each(found, look, progress=lambda _: task.advance(1))
        prepared = tuple(one.value for one in results if one.value is not None)
        absent = tuple((one.host, one.problem) for one in results if one.problem is not None)
        if len(prepared) < needed.least:
            task.fail(text("fleet.run.not_ready", n=len(found), ready=len(prepared)))
            raise self._too_few(results, needed)
        task.finish(text("fleet.run.ready", n=len(prepared)))
        for name, reason in absent:
            close(own[name])
            count = len(prepared)
            project.progress.warn(
                problem("PV1379", host=name, n=count, of=len(found), why=reason.what, severity="warning")
            )
        places: list[Place] = [one.place for one in prepared]
        if len(places) > 1:
            ready.meeting = require(meet(places, self.generation.number))
            if (needed.elastic or wanted.retries) and not folder_is_shared(places, run):
                hint = Hint(text("PV1381.hint"))
                told = problem("PV1381", why=text("PV1381.why"), hints=(hint,), severity="note")
                project.progress.warn(told)
        return ready, prepared, absent, needed

    def _too_few(self, results: Sequence[HostResult[Prepared]], needed: Bounds) -> Failure:
        missing = [one for one in results if one.problem is not None]
        reasons = tuple(one.problem for one in missing if one.problem is not None)
        names = folded(one.host for one in missing)
        told = problem("PV1375", hosts=names, n=len(missing), of=len(results), least=needed.least)
        return Failure(told, *reasons[:3])


def _started(ready: Readying, prepared: Sequence[Prepared], events: Events) -> tuple[Part, ...]:
    """Start the agents, side by side. Raises Failure of the first that can't, the others ended."""
    by_name = {one.place.name: one for one in prepared}
    hosts = [(one.place.name, one.place.host) for one in prepared]
    results = on_each(hosts, lambda name, _: ready.begin(by_name[name], events))
    parts = tuple(one.value for one in results if one.value is not None)
    bad = [one.problem for one in results if one.problem is not None]
    if bad:
        for one in parts:
            one.agent.leave()
        raise Failure(*bad, exit_code=Code.OURS)
    return parts


def _told(begun: Launch, done: Supervised, *, explain: bool) -> Launch:
    last = done.attempts[-1] if done.attempts else None
    return replace(
        begun,
        code=done.end.code,
        seconds=done.end.seconds,
        diagnosis=last.diagnosis if last and explain else None,
        attempts=len(done.attempts),
        why=done.end.why if explain else None,
    )


def _without_data(spec: Spec) -> tuple[Problem, ...]:
    """Return what is to be said where data is declared: it lies here, and no host gets it."""
    if not spec.data:
        return ()
    names = ", ".join(f"`{one}`" for one in spec.data)
    hints = (Hint(text("PV1451.hint"), "provenv cp --help"),)
    return (problem("PV1451", severity="warning", names=names, hints=hints),)
