"""The view of `demo`: how good each model is, where its report lies, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...model.names_of_metrics import written
from ...model.results import DemoDone, DemoSummary
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, table
from ..units import duration, size
from .sentences import section, sentence


def lines(summary: DemoSummary, context: Context) -> Iterator[Line]:
    """Yield each result first, then the places, then the commands to go on with."""
    for one in summary.demos:
        yield from _result(one, context)
    yield BLANK
    if len(summary.demos) == 1:
        yield from _alone(summary.demos[0], context)
        return
    yield from table(
        [
            *((line(one.name), line(Span(one.report, "strong"))) for one in summary.demos),
            (line(context.say("ui.demo.comparison")), line(Span(summary.comparison, "strong"))),
        ],
        context.width,
    )
    yield from _next(summary.demos[0], context)


def _result(one: DemoDone, context: Context) -> Iterator[Line]:
    value = written(one.metric, one.value)
    key, within = "ui.demo.value", {}
    if one.low is not None and one.high is not None:
        key = "ui.demo.interval"
        within = {"low": written(one.metric, one.low), "high": written(one.metric, one.high)}
    name = context.words(one.title)
    said = context.say(key, name=name, metric=one.metric, value=value, n=one.count, of=one.of, **within)
    sound = one.reached and not one.failed
    yield from sentence(said, context, context.mark("passed" if sound else "failed"))
    floor = written(one.metric, one.floor)
    told = [context.say("ui.demo.below", value=value, floor=floor)] if not one.reached else []
    for words in (*told, *one.failed):
        yield from sentence(prose(words), context, Span(context.marks.failed, "bad"))


def _alone(one: DemoDone, context: Context) -> Iterator[Line]:
    places = [("ui.demo.report", one.report), ("ui.demo.folder", one.folder)]
    yield from table(
        [(line(context.say(key)), line(Span(path, "strong"))) for key, path in places], context.width
    )
    if one.commands:
        yield from section(context.say("ui.demo.commands"))
        ran = [(line(Span(duration(time), "quiet")), line(command)) for command, time in one.commands]
        yield from table(ran, context.width, right=(0,))
    if one.memory:
        memory = size(one.memory, binary=True)
        yield from sentence(prose(context.say("ui.demo.memory", memory=memory), "quiet"), context)
    yield from _next(one, context)


def _next(one: DemoDone, context: Context) -> Iterator[Line]:
    yield from section(context.say("ui.next"))
    yield line("  ", Span(f"cd {shlex.quote(one.folder)}", "code"))
    runs = "provenv runs show" if one.run else "provenv run train"
    why = f"provenv why {one.framework}" if one.framework else "provenv why accelerator"
    for command in ("provenv status", why, runs):
        yield line("  ", Span(command, "code"))
