"""The view of `rollback`: what is current now, and whether its files are as they were proven."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import Rollback
from ..context import Context
from ..line import Line, Span, line
from .drifted import drift
from .sentences import passed, sentence


def lines(rollback: Rollback, context: Context) -> Iterator[Line]:
    """Yield the switch, then the state of the files that it returned to."""
    said = context.say("ui.rollback.done", target=rollback.target, old=rollback.old, new=rollback.new)
    yield from passed(said, context)
    if rollback.tags:
        named = context.say("ui.comma").join(f"`{one}`" for one in rollback.tags)
        yield from passed(context.say("ui.rollback.tags", names=named, n=len(rollback.tags)), context)
    if rollback.drift:
        yield from sentence(
            context.say("ui.rollback.drifted"), context, Span(context.marks.warning, "warning")
        )
        yield from drift(rollback.drift, context)
        yield line("  ", Span(context.say("ui.hint"), "good"), Span("provenv up --repair", "code"))
    elif rollback.drift.files:
        intact = context.say("ui.rollback.intact", n=rollback.drift.files)
        yield from passed(intact, context)
