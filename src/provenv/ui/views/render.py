"""The view of `render`: what became of the file, and the command that makes use of it."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.rendered import Rendered
from ..context import Context
from ..line import BLANK, Line, Span, line
from .sentences import passed, sentence


def lines(made: Rendered, context: Context) -> Iterator[Line]:
    """Yield nothing for a text that went to standard output; it is all that stands there."""
    if made.state == "printed":
        return
    said = context.say(f"ui.render.{made.state}", path=made.path)
    if made.state == "differs":
        yield from sentence(said, context, Span(context.marks.warning, "warning"))
    else:
        yield from passed(said, context)
    if made.follow:
        yield BLANK
        said = context.say(f"ui.render.follow.{made.what}")
        yield from sentence(line(Span(said, "strong")), context)
        yield line("  ", Span(made.follow, "code"))
