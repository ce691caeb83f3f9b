"""The view of `add` and `remove`: what stands in the user's file now."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import EditResult
from ..context import Context
from ..line import Line, Span, line
from .sentences import passed


def lines(result: EditResult, context: Context) -> Iterator[Line]:
    """Yield the lines that were added and removed, and the file."""
    for text in result.added:
        yield line("  ", Span("+", "good"), " ", text)
    for text in result.removed:
        yield line("  ", Span("-", "bad"), " ", text)
    key = "ui.edit.done" if result.added or result.removed else "ui.edit.nothing"
    yield from passed(context.say(key, path=result.path), context)
