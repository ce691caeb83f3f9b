"""The view of `mirrors`: a table for each kind, the best first, and what was written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ...model.mirrors import MirrorResult, Trial
from ..context import Context
from ..line import BLANK, Line, Span, line, table
from ..units import duration, size
from .sentences import passed, sentence

COLUMNS = ("", "mirrors.name", "mirrors.first_byte", "mirrors.rate", "mirrors.newest", "mirrors.address")
NARROW = 72  # a terminal that has no room for addresses


def lines(result: MirrorResult, context: Context) -> Iterator[Line]:
    """Yield the tables; what was not reached stands below with its cause."""
    if result.proxy:
        yield from sentence(context.say("mirrors.through", proxy=result.proxy), context)
        yield BLANK
    for number, (kind, trials) in enumerate(groupby(result.trials, key=lambda one: one.kind)):
        if number:
            yield BLANK
        yield line(Span(context.say(f"mirrors.kind.{kind}"), "strong"))
        titles = [line(Span(context.say(key) if key else "", "quiet")) for key in COLUMNS]
        rows = [titles, *(_row(one, context) for one in trials)]
        if context.width < NARROW:
            rows = [row[:5] for row in rows]
        yield from table(rows, context.width, right=(2, 3), marked=True)
    if result.path:
        yield BLANK
        if result.written:
            said = context.say("mirrors.written", path=result.path, lines=", ".join(result.written))
            yield from passed(said, context)
        else:
            yield from passed(context.say("mirrors.unchanged", path=result.path), context)


def _row(trial: Trial, context: Context) -> list[Line]:
    reached = trial.state == "reached"
    mark = context.mark("passed" if reached else "failed")
    name = line(Span(_name(trial, context), "strong" if trial.used else "plain"))
    if not reached:
        cause = context.say(f"mirrors.state.{trial.state}", status=trial.status)
        return [line(mark), name, line(), line(), line(Span(cause, "bad")), _address(trial)]
    speed = f"{size(trial.rate)}/s" if trial.rate else ""
    newest = Span(trial.newest, "warning" if trial.fresh is False else "plain")
    old = Span(f" {context.say('mirrors.old')}", "warning") if trial.fresh is False else ""
    first = duration(trial.first_byte) if trial.first_byte is not None else ""
    return [line(mark), name, line(first), line(speed), line(newest, old), _address(trial)]


def _name(trial: Trial, context: Context) -> str:
    words = trial.name if trial.name != trial.origin else context.say(f"mirrors.origin.{trial.origin}")
    return f"{words} {context.say('mirrors.used')}" if trial.used else words


def _address(trial: Trial) -> Line:
    return line(Span(trial.address, "quiet"))
