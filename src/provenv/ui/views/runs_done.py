"""The views of what was done to recorded runs: stopped, removed, exported."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.run_results import RunExported, RunsRemoved, RunStopped
from ..context import Context
from ..line import Line, Span, line, prose, table, wrap
from ..units import duration, size
from .run_parts import mark, state
from .sentences import passed, sentence


def stopped(value: RunStopped, context: Context) -> Iterator[Line]:
    """Yield how the run stands now."""
    key = "ui.runs.was_over" if value.over else "ui.runs.killed" if value.killed else "ui.runs.left"
    words = prose(context.say(key, run=value.run, took=duration(value.seconds)))
    told = line(words, context.say("ui.colon"), state(value.state, context))
    yield from sentence(told, context, mark(value.state, context))


def removed(value: RunsRemoved, context: Context) -> Iterator[Line]:
    """Yield which records went, and which run still."""
    if value.removed:
        told = context.say("ui.runs.removed", n=len(value.removed), size=size(value.bytes))
        yield from passed(told, context)
        yield from table(
            [(line(Span("-", "bad")), line(one)) for one in value.removed], context.width, marked=True
        )
    else:
        yield from passed(context.say("ui.runs.nothing_removed"), context)
    if value.running:
        runs = context.say("ui.comma").join(f"`{one}`" for one in value.running)
        told = context.say("ui.runs.stayed", n=len(value.running), runs=runs)
        yield from wrap(prose(told), context.prose_width, first=line("  "))


def exported(value: RunExported, context: Context) -> Iterator[Line]:
    """Yield where the values lie, and what reads them."""
    said = context.say("ui.runs.exported", n=value.values, run=value.run, path=value.path)
    yield from passed(said, context)
    for command in value.next:
        yield line("  ", Span(context.say("ui.hint"), "good"), Span(command, "code"))
