"""`rollback`, `gc` and `down`: going back, and taking away what nobody needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..errors import Exit, Failure, Hint, problem, text
from ..lazy import load
from ..model.results import Cleaned, Rollback
from ..model.state import State
from ..targets.guard import guarded
from ..targets.images import has_image, keeps_images
from ..targets.lease import leased
from ..targets.manifest import read_drift
from ..targets.names import HERE
from ..targets.records import read_state
from ..targets.remove import remove_generations
from ..targets.venv import forget_target, make_current
from .choices import KEPT
from .project import Project, is_fleet, is_image

if TYPE_CHECKING:
    from ..model.fleet_up import FleetCleaned, FleetRollback


def rollback(
    project: Project, number: int | None = None, *, wait: bool = True, force: bool = False
) -> Rollback | FleetRollback:
    """Switch back to the proven generation before the current one, or to `number`; at once and offline.

    Raises Failure: PV730 where there is none to go back to, PV731 where it was
    never proven, PV732 where its files are not what was proven (`force` goes there all the same),
    PV1107 where it is an image that the engine does not have any more.
    """
    if _on_hosts(project):
        return cast("FleetRollback", load("app.fleet_up.rollback")(project, number, wait=wait, force=force))
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        goal = goal_of(state, number)
        if has_image(project.layout, goal):
            return cast(Rollback, load("app.images.rollback")(project, state, goal))
        drift = read_drift(project.layout.generation(goal))
        if drift and not force:
            raise Failure(
                problem(
                    "PV732",
                    number=goal,
                    n=len(drift.changed) + len(drift.missing) + len(drift.extra),
                    hints=(
                        Hint(text("PV732.hint_repair"), "provenv up --repair"),
                        Hint(text("PV732.hint_force"), f"provenv rollback {goal} --force"),
                    ),
                ),
                data=Rollback(project.target, state.current or 0, goal, drift),
            )
        make_current(project.layout, goal)
        return Rollback(project.target, state.current or 0, goal, drift)


def gc(
    project: Project, *, keep: int = KEPT, build_cache: bool = False, wait: bool = True
) -> Cleaned | FleetCleaned:
    """Remove what killed builds left, failed generations, and all but the newest `keep` proven ones.

    The current generation and those that a running command holds always stay. Images go with their
    generations; `build_cache` also empties the cache of the engine that builds them. Raises Failure
    PV1120 where there is no such engine.
    """
    as_images = _keeps_images(project)
    if build_cache and not as_images:
        raise Failure(problem("PV1120", target=project.target), exit_code=Exit.USAGE)
    if _on_hosts(project):
        return cast("FleetCleaned", load("app.fleet_up.gc")(project, keep=keep, wait=wait))
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        kept = {*kept_numbers(state, keep), *load("app.runs.generations_of_jobs")(project)}
        gone = [one.number for one in state.generations if one.number not in kept]
        if as_images:
            return cast(Cleaned, load("app.images.gc")(project, gone, sorted(kept), build_cache=build_cache))
        return remove_generations(project.layout, gone, sorted(kept))


def down(project: Project, *, wait: bool = True) -> Cleaned | FleetCleaned:
    """Remove the whole target: every generation with its image, the switch, and `.venv` where it is ours.

    Raises Failure PV733, before anything is removed, where a running command holds a generation.
    """
    as_images = _keeps_images(project)
    if _on_hosts(project):
        return cast("FleetCleaned", load("app.fleet_up.down")(project, wait=wait))
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        waited = load("app.runs.generations_of_jobs")(project)
        held = [
            one.number
            for one in state.generations
            if one.number in waited or leased(project.layout.generation(one.number))
        ]
        if held:
            raise Failure(
                problem("PV733", numbers=", ".join(map(str, held)), hints=(Hint(text("PV733.hint")),)),
                exit_code=Exit.FAILED,
            )
        if as_images:
            return cast(Cleaned, load("app.images.down")(project, state))
        forget_target(project.layout)
        return remove_generations(project.layout, [one.number for one in state.generations])


def unproven_numbers(state: State) -> list[int]:
    """Return the generations that never passed a proof and are not in use as the current one."""
    return [one.number for one in state.generations if one.proof != "passed" and one.number != state.current]


def _on_hosts(project: Project) -> bool:
    """Tell whether a target's generations lie on hosts; of an image's the file need not be readable."""
    return project.target != HERE and not keeps_images(project.layout) and is_fleet(project)


def _keeps_images(project: Project) -> bool:
    """Tell whether a target's generations are images; what lies there tells where the file is broken."""
    return project.target != HERE and (keeps_images(project.layout) or is_image(project))


def kept_numbers(state: State, keep: int) -> set[int]:
    """Return the generations that stay: the newest `keep` proven ones, and the current one."""
    proven = [one.number for one in state.generations if one.proof == "passed"]
    kept = {*proven[-keep:]} if keep > 0 else set()
    return kept | ({state.current} if state.current is not None else set())


def goal_of(state: State, number: int | None) -> int:
    """Return the generation that a rollback goes to: `number`, or the proven one before the current one.

    Raises Failure: PV730, PV731, PV734 (see `rollback`).
    """
    on = "" if state.target == HERE else f" --on {state.target}"
    look = (Hint(None, f"provenv history{on}"),)
    if number is None:
        earlier = [
            one.number
            for one in state.generations
            if one.proof == "passed" and state.current is not None and one.number < state.current
        ]
        if not earlier:
            raise Failure(problem("PV730", hints=look))
        return earlier[-1]
    generation = state.generation(number)
    if generation is None:
        known = ", ".join(str(one.number) for one in state.generations) or "-"
        raise Failure(problem("PV734", number=number, known=known, hints=look))
    if generation.proof != "passed":
        raise Failure(problem("PV731", number=number, hints=look))
    return number
