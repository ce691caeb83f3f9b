"""Pieces that the views of recorded runs share: states with their marks, commands, diagnoses in one line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ...errors import Text, verbatim
from ...model.diagnosis import Diagnosis
from ...model.runs import Run, RunState
from ..context import Context
from ..line import Line, Span, Style, line, line_cells
from ..width import cells

STATES: dict[RunState, tuple[str, Style]] = {
    "queued": ("skipped", "note"),
    "running": ("current", "note"),
    "done": ("passed", "good"),
    "failed": ("failed", "bad"),
    "stopped": ("skipped", "quiet"),
    "preempted": ("skipped", "warning"),
    "lost": ("warning", "warning"),
}
"""The mark of each state (a field of Marks), and its style."""
WORDS: dict[RunState, str] = {
    "queued": "ui.runs.queued",
    "running": "ui.runs.running",
    "done": "ui.runs.done",
    "failed": "ui.runs.failed",
    "stopped": "ui.runs.stopped",
    "preempted": "ui.runs.preempted",
    "lost": "ui.runs.lost",
}


def mark(state: RunState, context: Context) -> Span:
    """Return the mark of a state."""
    name, style = STATES[state]
    return Span(getattr(context.marks, name), style)


def state(found: RunState, context: Context) -> Span:
    """Return the state in words."""
    return Span(context.say(WORDS[found]), STATES[found][1])


def command(argv: Sequence[str]) -> str:
    """Return a command line as it can be typed, on one line."""
    return " ".join(shlex.join(argv).split("\n"))


def named(run: Run) -> Line:
    """Return what was launched: the declared name and the command."""
    shown = Span(command(run.record.argv), "quiet" if run.record.name else "plain")
    return line(Span(run.record.name, "strong"), "  ", shown) if run.record.name else line(shown)


def cause(diagnosis: Diagnosis) -> Text | None:
    """Return what the rules say of a failure in one line, None where they say nothing."""
    if diagnosis.verdict == "none":
        place = diagnosis.place
        if place is None:
            return verbatim(diagnosis.exception) if diagnosis.exception else None
        where = place.file if place.line is None else f"{place.file}:{place.line}"
        return Text("ui.runs.own_code", {"where": where, "exception": diagnosis.exception or "-"})
    if diagnosis.verdict == "cause" and diagnosis.candidates:
        return diagnosis.candidates[0].what
    return verbatim(diagnosis.exception) if diagnosis.exception else None


def shortened(one: Line, width: int, context: Context) -> Line:
    """Return a line of at most `width` cells, its end cut where it is longer."""
    if line_cells(one) <= width:
        return one
    room = max(width - cells(context.marks.ellipsis), 0)
    kept: list[Span] = []
    for span in one:
        text = span.text
        while text and cells(text) > room:
            text = text[:-1]
        kept.append(Span(text, span.style))
        room -= cells(text)
        if text != span.text:
            break
    return line(*kept, Span(context.marks.ellipsis, "quiet"))
