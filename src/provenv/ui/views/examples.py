"""The view of `demo --list`: the examples in a table; where it is narrow, each in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.demo import Example
from ...model.names_of_metrics import written
from ...model.results import ExampleList
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, wrap
from ..units import size
from ..width import cells
from .sentences import section


def lines(found: ExampleList, context: Context) -> Iterator[Line]:
    """Yield an example's name and title, then what it does with which data and what it has to reach."""
    wide = max((cells(one.name) for one in found.examples), default=0) + 2
    for one in found.examples:
        lead = line(Span(one.name.ljust(wide), "strong"))
        yield from wrap(prose(context.words(one.title)), context.width, first=lead)
        for words in _about(one, context):
            yield from wrap(prose(words, "quiet"), context.width, first=line("    "))
    yield BLANK
    yield from section(context.say("ui.next"))
    for command in ("provenv demo NAME", "provenv init --template NAME"):
        yield line("  ", Span(command, "code"))


def _about(one: Example, context: Context) -> Iterator[str]:
    yield context.say("ui.examples.data", data=context.words(one.data), size=size(one.data_bytes))
    yield context.say(
        f"ui.examples.floor_{one.better}",
        task=context.say(f"demo.task.{one.task.replace(' ', '_')}"),
        metric=one.metric,
        floor=written(one.metric, one.floor),
    )
    if one.public is not None:
        value = written(one.metric, one.public.value)
        yield context.say("ui.examples.public", value=value, what=context.words(one.public.what))
