"""The view of a launch: which variables were set aside or added for the command that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...model.launch import Launch
from ..context import Context
from ..line import Line, Span, line, prose, table
from ..redact import variable
from .sentences import sentence


def lines(launch: Launch, context: Context) -> Iterator[Line]:
    """Yield the names that were set aside; with --verbose the values, and what was added.

    The launch's findings name those that matter, so that one line is enough or none.
    """
    if launch.set_aside and (context.verbose or not launch.findings):
        names = context.say("ui.comma").join(f"`{name}`" for name in launch.set_aside)
        said = context.say("ui.launch.set_aside", n=len(launch.set_aside), names=names)
        yield from sentence(prose(said, "quiet"), context, Span(context.marks.skipped, "quiet"))
        if context.verbose:
            yield from _variables(launch.set_aside, context)
    if launch.added and context.verbose:
        yield line(Span(f"+ {context.say('ui.launch.added', generation=launch.generation)}", "quiet"))
        yield from _variables(launch.added, context)


def _variables(variables: Mapping[str, str], context: Context) -> Iterator[Line]:
    rows = [
        (line(Span(name, "quiet")), line(Span(variable(name, value), "quiet")))
        for name, value in sorted(variables.items())
    ]
    yield from table(rows, context.width, indent=4)
