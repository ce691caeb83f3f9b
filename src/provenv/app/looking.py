"""All looks side by side, each within its own time; what none of them may do is end the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue

from ..diagnosis.ground import Ground
from ..errors import Failure, Text, text, verbatim
from ..model.findings import Checked
from .looks.look import Look
from .project import Project

ODD = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, MemoryError),
    *(OSError, RuntimeError, TypeError, ValueError, Failure),
)
"""What a look or a check may raise on input that nobody thought of: a torn file, a file that goes away,
a tool of another version. It ends that one alone, and the checkup names it with the error's words, so
that a defect of ours is not hidden. Interrupts and the end of the process are none of these.
"""


def looked(project: Project, looks: Sequence[Look], ground: Ground) -> tuple[Ground, tuple[Checked, ...]]:
    """Return the ground with what the looks brought, and what came of each of them.

    A name server or a dead mount can hold a thread longer than any limit: those are left behind.
    """
    begun = time.monotonic()
    answers: SimpleQueue[tuple[int, Ground | BaseException, float]] = SimpleQueue()
    for number, look in enumerate(looks):
        work = threading.Thread(target=_work, args=(number, look, project, answers.put), daemon=True)
        work.start()
    told: dict[int, Checked] = {}
    while len(told) < len(looks):
        waiting = [begun + look.limit for number, look in enumerate(looks) if number not in told]
        try:
            number, answer, seconds = answers.get(timeout=max(0.0, min(waiting) - time.monotonic()))
        except Empty:
            told |= _late(looks, told, time.monotonic() - begun)
            continue
        if number in told:
            continue
        if isinstance(answer, Ground):
            ground = replace(ground, **{name: getattr(answer, name) for name in looks[number].brings})
            told[number] = Checked(looks[number].name, None, "done", round(1000 * seconds))
        else:
            told[number] = Checked(
                looks[number].name, None, "failed", round(1000 * seconds), detail=reason(answer)
            )
    return ground, tuple(told[number] for number in range(len(looks)))


def reason(error: BaseException) -> Text:
    """Return the words of what a look or a check raised."""
    if isinstance(error, Failure):
        return error.problems[0].what
    if isinstance(error, OSError) and error.strerror:
        return verbatim(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    return verbatim(f"{type(error).__name__}: {error}"[:300])


def _work(
    number: int,
    look: Look,
    project: Project,
    put: Callable[[tuple[int, Ground | BaseException, float]], None],
) -> None:
    begun = time.monotonic()
    answer: Ground | BaseException
    try:
        answer = look.look(project)
    except ODD as error:
        answer = error
    put((number, answer, time.monotonic() - begun))


def _late(looks: Sequence[Look], told: Mapping[int, Checked], spent: float) -> dict[int, Checked]:
    return {
        number: Checked(
            look.name,
            None,
            "timeout",
            round(1000 * spent),
            detail=text("doctor.timeout", limit_seconds=look.limit),
        )
        for number, look in enumerate(looks)
        if number not in told and spent >= look.limit
    }
