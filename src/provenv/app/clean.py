"""`rollback`, `gc` and `down`: going back, and taking away what nobody needs."""

from __future__ import annotations

from ..errors import Exit, Failure, Hint, problem, text
from ..model.results import Cleaned, Rollback
from ..model.state import State
from ..targets.guard import guarded
from ..targets.lease import leased
from ..targets.manifest import read_drift
from ..targets.records import read_state
from ..targets.remove import remove_generations
from ..targets.venv import forget_target, make_current
from .choices import KEPT
from .project import Project


def rollback(
    project: Project, number: int | None = None, *, wait: bool = True, force: bool = False
) -> Rollback:
    """Switch back to the proven generation before the current one, or to `number`; at once and offline.

    Raises Failure: PV730 where there is none to go back to, PV731 where it was
    never proven, PV732 where its files are not what was proven (`force` goes there all the same).
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        goal = _goal(state, number)
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


def gc(project: Project, *, keep: int = KEPT, wait: bool = True) -> Cleaned:
    """Remove what killed builds left, failed generations, and all but the newest `keep` proven ones.

    The current generation and those that a running command holds always stay.
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        proven = [one.number for one in state.generations if one.proof == "passed"]
        kept = {*proven[-keep:]} if keep > 0 else set()
        kept |= {state.current} if state.current is not None else set()
        gone = [one.number for one in state.generations if one.number not in kept]
        return remove_generations(project.layout, gone, sorted(kept))


def down(project: Project, *, wait: bool = True) -> Cleaned:
    """Remove the whole target: every generation, the switch, and `.venv` where it is ours.

    Raises Failure PV733, before anything is removed, where a running command holds a generation.
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        state = read_state(project.layout)
        held = [one.number for one in state.generations if leased(project.layout.generation(one.number))]
        if held:
            raise Failure(
                problem("PV733", numbers=", ".join(map(str, held)), hints=(Hint(text("PV733.hint")),)),
                exit_code=Exit.FAILED,
            )
        forget_target(project.layout)
        return remove_generations(project.layout, [one.number for one in state.generations])


def unproven_numbers(state: State) -> list[int]:
    """Return the generations that never passed a proof and are not in use as the current one."""
    return [one.number for one in state.generations if one.proof != "passed" and one.number != state.current]


def _goal(state: State, number: int | None) -> int:
    if number is None:
        earlier = [
            one.number
            for one in state.generations
            if one.proof == "passed" and state.current is not None and one.number < state.current
        ]
        if not earlier:
            raise Failure(problem("PV730", hints=(Hint(None, "provenv history"),)))
        return earlier[-1]
    generation = state.generation(number)
    if generation is None:
        known = ", ".join(str(one.number) for one in state.generations) or "-"
        raise Failure(problem("PV734", number=number, known=known, hints=(Hint(None, "provenv history"),)))
    if generation.proof != "passed":
        raise Failure(problem("PV731", number=number, hints=(Hint(None, "provenv history"),)))
    return number
