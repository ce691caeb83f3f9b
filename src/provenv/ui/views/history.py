"""The view of `history`: the generations, newest first, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import History
from ...model.state import Generation
from ..context import Context
from ..line import BLANK, Line, Span, line, table
from ..moments import moment
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
    titles = [line(Span(context.say(key) if key else "", "quiet")) for key in COLUMNS]
    rows = [titles, *(_row(one, history, context) for one in reversed(state.generations))]
    if context.width < NARROW:
        rows = [[row[i] for i in (0, 1, 2, 5)] for row in rows]
    yield from table(rows, context.width, indent=0, right=(1, 4), marked=True)
    if not context.verbose:
        return
    for generation in reversed(state.generations):
        changed = history.changes.get(str(generation.number), ())
        if brief_tally(changed):
            yield BLANK
            yield line(Span(context.say("ui.history.generation", number=generation.number), "strong"))
            yield from steps(changed, context)


def _row(generation: Generation, history: History, context: Context) -> list[Line]:
    is_current = generation.number == history.state.current
    status = {"passed": "passed", "failed": "failed"}.get(generation.proof, "skipped")
    proof = line(context.mark(status), " ", context.say(PROOFS[generation.proof]))
    evidence = history.proofs.get(str(generation.number))
    if evidence is not None:
        ran = evidence.count("passed") + evidence.count("failed")
        proof = line(proof, " ", Span(f"{evidence.count('passed')}/{ran}", "quiet"))
    return [
        line(Span(context.marks.current if is_current else " ", "good")),
        line(Span(str(generation.number), "strong" if is_current else "plain")),
        line(moment(generation.made, context)),
        line(generation.python),
        line(str(len(generation.packages))),
        proof,
        line(brief_tally(history.changes.get(str(generation.number), ()))),
    ]
