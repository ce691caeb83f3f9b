"""The view of `demo`: how good the model is, where its report lies, and what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...model.results import DemoSummary
from ..context import Context
from ..line import BLANK, Line, Span, line, table
from ..units import duration
from .sentences import passed, section


def lines(demo: DemoSummary, context: Context) -> Iterator[Line]:
    """Yield the result first, then the places, then the commands to go on with."""
    yield from passed(
        context.say(
            "ui.demo.accuracy",
            n=demo.images,
            accuracy=f"{demo.accuracy:.1%}",
            low=f"{demo.low:.1%}",
            high=f"{demo.high:.1%}",
        ),
        context,
    )
    yield BLANK
    places = (("ui.demo.report", demo.report), ("ui.demo.folder", demo.folder))
    yield from table(
        [(line(context.say(key)), line(Span(path, "strong"))) for key, path in places], context.width
    )
    if demo.commands:
        yield from section(context.say("ui.demo.commands"))
        ran = [(line(Span(duration(time), "quiet")), line(command)) for command, time in demo.commands]
        yield from table(ran, context.width, right=(0,))
    yield from section(context.say("ui.next"))
    yield line("  ", Span(f"cd {shlex.quote(demo.folder)}", "code"))
    for command in ("provenv status", f"provenv why {demo.framework}", "provenv run train"):
        yield line("  ", Span(command, "code"))
