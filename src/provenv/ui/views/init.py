"""The view of `init`: the file that was written, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import InitResult
from ..context import Context
from ..line import Line, Span, line
from .parts import passed, section, sentence


def lines(result: InitResult, context: Context) -> Iterator[Line]:
    """Yield what was found, where it was written, and what to type next; --verbose shows the file."""
    for found in result.found:
        yield from sentence(context.prose(found), context, Span(context.marks.point, "quiet"))
    yield from passed(context.say("ui.init.written", path=result.path), context)
    if context.verbose:
        for one in result.text.splitlines():
            yield line("  ", Span(one, "quiet" if one.lstrip().startswith("#") else "plain"))
    yield from section(context.say("ui.next"))
    yield line("  ", Span("provenv up", "code"))
