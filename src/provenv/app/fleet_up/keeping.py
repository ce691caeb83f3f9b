"""`rollback`, `gc` and `down` on hosts: the switch on all or none, and what nobody needs on each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ...errors import Failure, Hint, problem, text
from ...model.channel import Host
from ...model.fleet import HostResult
from ...model.fleet_up import FleetCleaned, FleetRollback
from ...model.host_names import folded
from ...model.results import Cleaned
from ...model.state import Drift
from ...targets.guard import guarded
from ...targets.records import read_state
from ...targets.remove import remove_generations
from ...targets.venv import forget_target, make_current
from ..clean import goal_of, kept_numbers
from ..fleet.each import AT_ONCE, on_each
from ..fleet.hosts import closing, hosts_of, options_of
from ..project import Project
from .places import Place, place_of
from .prove import must_have
from .reaching import Look, all_of, drifted, look
from .running import running
from .standing import standing
from .sweeping import forget, remove
from .switching import switch_all


def rollback_fleet(
    project: Project,
    number: int | None = None,
    *,
    wait: bool = True,
    force: bool = False,
    at_once: int = AT_ONCE,
) -> FleetRollback:
    """Switch every host back to the proven generation before the current one, or to `number`; all or none.

    Raises Failure as `app.clean.rollback`: PV730, PV731, PV734; and PV1342 where a host does not answer,
    PV1345 where one does not have it any more, PV1349 where its files are not what was proven (`force` goes
    all the same).
    """
    with guarded(project.layout, wait=wait, progress=project.progress), closing(hosts_of(project)) as hosts:
        state = read_state(project.layout)
        goal = goal_of(state, number)
        generation = state.generation(goal)
        assert generation is not None, "the goal is one of them"
        folder = options_of(project).folder
        looks = all_of(project.target, look(hosts, folder, project.target, goal, at_once=at_once))
        must_have(project, looks, generation)
        found = FleetRollback(
            project.target,
            state.current or 0,
            goal,
            tuple(HostResult(name, _drift_of(seen), None, 0.0) for name, seen in looks.items()),
        )
        changed = drifted(looks)
        if changed and not force:
            again = f"provenv rollback {goal} --on {project.target} --force"
            hints = (
                Hint(text("PV1349.hint_up"), f"provenv up --on {project.target} --repair"),
                Hint(text("PV732.hint_force"), again),
            )
            drifted_ = problem("PV1349", hosts=folded(changed), n=len(changed), number=goal, hints=hints)
            raise Failure(drifted_, data=replace(found, done=False))
        switch_all([seen.place for seen in looks.values()], goal)
        make_current(project.layout, goal)
        return found


def _drift_of(seen: Look) -> Drift:
    return Drift() if seen.drift is None else seen.drift


def gc_fleet(project: Project, *, keep: int, wait: bool = True, at_once: int = AT_ONCE) -> FleetCleaned:
    """Remove what nobody needs, as `app.clean.gc` does, at home and on every host.

    Raises Failure PV1350, with the FleetCleaned, where some hosts could not be asked; the others are clean.
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        kept = kept_numbers(state, keep)

        def clean(place: Place) -> Cleaned:
            gone = [number for number in standing(place).generations if number not in kept]
            return _cleaned(project, gone, remove(place, gone), kept)

        results = _on_each(project, clean, at_once)
        held = {number for one in results if one.value for number in one.value.held}
        gone = [one.number for one in state.generations if one.number not in {*kept, *held}]
        silent = [one for one in results if not one.ok]
        # what a host that was not asked may still have stays known here
        home = remove_generations(project.layout, [] if silent else gone, sorted(kept))
        return _whole(project, FleetCleaned(project.target, home, results))


def down_fleet(project: Project, *, wait: bool = True, at_once: int = AT_ONCE) -> FleetCleaned:
    """Remove the whole target on every host, then what is known of it here.

    Raises Failure: PV1331, before anything is removed, where commands run in it; PV1350, with the
    FleetCleaned, where some hosts could not be asked: the record here stays then, so that the same command
    can end it.
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        _must_rest(project, at_once)
        results = _on_each(project, lambda place: _forgotten(project, place), at_once)
        nothing = Cleaned(project.target, (), (), (), 0)
        _whole(project, FleetCleaned(project.target, nothing, results))
        forget_target(project.layout)
        home = remove_generations(project.layout, [one.number for one in state.generations])
        return FleetCleaned(project.target, home, results)


def _on_each(
    project: Project, act: Callable[[Place], Cleaned], at_once: int
) -> tuple[HostResult[Cleaned], ...]:
    folder = options_of(project).folder

    def at(name: str, host: Host) -> Cleaned:
        return act(place_of(name, host, folder, project.target))

    with closing(hosts_of(project)) as hosts:
        return on_each(hosts, at, at_once=at_once)


def _whole(project: Project, cleaned: FleetCleaned) -> FleetCleaned:
    """Raise Failure PV1350 where some hosts could not be asked."""
    silent = [one.host for one in cleaned.hosts if not one.ok]
    if not silent:
        return cleaned
    hints = (Hint(text("PV1350.hint")),)
    count = f"{len(cleaned.hosts):,}"
    why = text("PV1342.why", hosts=folded(silent))
    found = problem("PV1350", why=why, hints=hints, n=len(silent), count=count, target=project.target)
    raise Failure(found, data=cleaned)


def _must_rest(project: Project, at_once: int) -> None:
    """Raise Failure PV1331 where a command runs in a generation on some host that answers."""

    def held(place: Place) -> Cleaned:
        return Cleaned(project.target, held=tuple(sorted(set(running(place)))))

    found = [one for one in _on_each(project, held, at_once) if one.value is not None and one.value.held]
    if found:
        told = ((one.host, one.value.held) for one in found if one.value is not None)
        raise Failure(
            *(
                problem("PV1331", host=host, numbers=", ".join(map(str, numbers)), n=len(numbers))
                for host, numbers in told
            )
        )


def _cleaned(project: Project, wanted: Sequence[int], held: Sequence[int], kept: Collection[int]) -> Cleaned:
    removed = tuple(number for number in wanted if number not in held)
    return Cleaned(project.target, removed, tuple(held), tuple(sorted(kept)), 0)


def _forgotten(project: Project, place: Place) -> Cleaned:
    numbers = standing(place).generations
    forget(place)
    return Cleaned(project.target, numbers)
