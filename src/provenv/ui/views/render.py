"""The view of `render`: what became of the file, and the command that makes use of it."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.rendered import Rendered
from ..context import Context
from ..line import BLANK, Line, Span, line, table
from ..units import size
from .sentences import passed, sentence

MOST = 20
"""So many files are named; a folder that gets the project's code may have thousands."""


def lines(made: Rendered, context: Context) -> Iterator[Line]:
    """Yield nothing for a text that went to standard output; it is all that stands there."""
    if made.state == "printed":
        return
    said = context.say(f"ui.render.{made.state}", path=made.path)
    if made.state == "differs":
        yield from sentence(said, context, Span(context.marks.warning, "warning"))
    else:
        yield from passed(said, context)
    yield from _files(made, context)
    if made.follow:
        yield BLANK
        said = context.say(f"ui.render.follow.{made.what}")
        yield from sentence(line(Span(said, "strong")), context)
        yield line("  ", Span(made.follow, "code"))


def _files(made: Rendered, context: Context) -> Iterator[Line]:
    """Yield what became of each file; those that stay as they are only with --verbose."""
    told = [one for one in made.files if one.state != "same" or context.verbose]
    yield from table(
        [
            (
                line("  ", Span(context.say(f"ui.render.state.{one.state}"), "quiet")),
                line(one.path),
                line(Span(size(one.size), "quiet")),
            )
            for one in told[:MOST]
        ],
        context.prose_width,
        right=(2,),
    )
    if len(told) > MOST:
        yield line("  ", Span(context.say("ui.render.more", n=len(told) - MOST), "quiet"))
