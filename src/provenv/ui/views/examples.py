"""The view of `demo --list`: the examples in a table; where it is narrow, each in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.demo import Example
from ...model.names_of_metrics import written
from ...model.results import ExampleList
from ..context import Context
from ..line import Line, Span, line, prose, table, wrap
from ..units import size
from .sentences import section

WIDE = 96
"""Cells from which on the examples stand in columns."""


def lines(found: ExampleList, context: Context) -> Iterator[Line]:
    """Yield a row for each example; where it is narrow, or with --verbose, a few lines with all of it."""
    if context.width >= WIDE and not context.verbose:
        yield from _columns(found, context)
    else:
        for one in found.examples:
            yield from _whole(one, context)
    yield from section(context.say("ui.next"))
    for command in ("provenv demo NAME", "provenv init --template NAME"):
        yield line("  ", Span(command, "code"))


def _columns(found: ExampleList, context: Context) -> Iterator[Line]:
    heads = ("name", "task", "metric", "least", "published", "size", "title")
    rows = [tuple(line(Span(context.say(f"ui.examples.{head}"), "quiet")) for head in heads)]
    for one in found.examples:
        least = (">= " if one.better == "higher" else "<= ") + written(one.metric, one.floor)
        published = written(one.metric, one.public.value) if one.public else ""
        rows.append(
            (
                line(Span(one.name, "strong")),
                line(_task(one, context)),
                line(one.metric),
                line(least),
                line(published),
                line(size(one.data_bytes)),
                line(context.words(one.title)),
            )
        )
    yield from table(rows, context.width, indent=0, right=(3, 4, 5))


def _whole(one: Example, context: Context) -> Iterator[Line]:
    name = line(Span(one.name, "strong"), "  ")
    yield from wrap(prose(context.words(one.title)), context.width, first=name, hang=4)
    for words in _about(one, context):
        yield from wrap(prose(words, "quiet"), context.width, first=line("    "))


def _task(one: Example, context: Context) -> str:
    return context.say(f"demo.task.{one.task.replace(' ', '_')}")


def _about(one: Example, context: Context) -> Iterator[str]:
    yield context.say("ui.examples.data", data=context.words(one.data), size=size(one.data_bytes))
    yield context.say(
        f"ui.examples.floor_{one.better}",
        task=_task(one, context),
        metric=one.metric,
        floor=written(one.metric, one.floor),
    )
    if one.public is not None:
        value = written(one.metric, one.public.value)
        yield context.say("ui.examples.public", value=value, what=context.words(one.public.what))
