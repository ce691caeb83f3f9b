"""The view of `history`: the generations, newest first, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import History
from ...model.state import Generation
from ..context import Context
from ..line import BLANK, Line, Span, line, table
from ..moments import moment
from ..units import size
from .parts import brief_tally, steps
from .sentences import sentence

COLUMNS = (
    "",
    "ui.history.number",
    "ui.history.made",
    "ui.history.python",
    "ui.history.packages",
    "ui.history.proof",
    "ui.history.changes",
)
IMAGE_COLUMNS = (
    "",
    "ui.history.number",
    "ui.history.made",
    "ui.history.image",
    "ui.history.size",
    "ui.history.moved",
    "ui.history.proof",
    "ui.history.changes",
)
NARROW = 64  # a terminal that only has room for number, time and proof
PROOFS = {
    "": "ui.history.unproven",
    "passed": "ui.history.passed",
    "failed": "ui.history.failed",
}


def lines(history: History, context: Context) -> Iterator[Line]:
    """Yield a row for each generation; --verbose lists what it changed."""
    state = history.state
    if not state.generations:
        yield from sentence(context.say("ui.history.empty", target=state.target), context)
        return
    columns, row = (IMAGE_COLUMNS, _image_row) if history.images else (COLUMNS, _row)
    titles = [line(Span(context.say(key) if key else "", "quiet")) for key in columns]
    rows = [titles, *(row(one, history, context) for one in reversed(state.generations))]
    right: tuple[int, ...] = (1, 4, 5) if history.images else (1, 4)
    if context.width < NARROW:
        shown = (0, 1, 3, 6) if history.images else (0, 1, 2, 5)
        rows, right = [[one[i] for i in shown] for one in rows], (1,)
    yield from table(rows, context.width, indent=0, right=right, marked=True)
    if not context.verbose:
        return
    for generation in reversed(state.generations):
        changed = history.changes.get(str(generation.number), ())
        if brief_tally(changed):
            yield BLANK
            yield line(Span(context.say("ui.history.generation", number=generation.number), "strong"))
            yield from steps(changed, context)


def _row(generation: Generation, history: History, context: Context) -> list[Line]:
    return [
        *_number(generation, history, context),
        line(generation.python),
        line(str(len(generation.packages))),
        _proof(generation, history, context),
        _changes(generation, history),
    ]


def _image_row(generation: Generation, history: History, context: Context) -> list[Line]:
    number = str(generation.number)
    image = history.images.get(number)
    return [
        *_number(generation, history, context),
        line(image.reference.rpartition(":")[2] if image else ""),
        line(size(image.size) if image else ""),
        line(f"+{size(history.moved.get(number, 0))}" if image else ""),
        _proof(generation, history, context),
        _changes(generation, history),
    ]


def _number(generation: Generation, history: History, context: Context) -> list[Line]:
    is_current = generation.number == history.state.current
    return [
        line(Span(context.marks.current if is_current else " ", "good")),
        line(Span(str(generation.number), "strong" if is_current else "plain")),
        line(moment(generation.made, context)),
    ]


def _changes(generation: Generation, history: History) -> Line:
    return line(brief_tally(history.changes.get(str(generation.number), ())))


def _proof(generation: Generation, history: History, context: Context) -> Line:
    status = {"passed": "passed", "failed": "failed"}.get(generation.proof, "skipped")
    proof = line(context.mark(status), " ", context.say(PROOFS[generation.proof]))
    evidence = history.proofs.get(str(generation.number))
    if evidence is not None:
        ran = evidence.count("passed") + evidence.count("failed")
        proof = line(proof, " ", Span(f"{evidence.count('passed')}/{ran}", "quiet"))
    return proof
