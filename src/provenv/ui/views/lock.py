"""The view of `lock`: what was chosen and why, and what differs from the lock before."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import LockResult
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, wrap
from ..units import size
from .parts import choices, download, steps, tally
from .sentences import passed, sentence


def lines(result: LockResult, context: Context) -> Iterator[Line]:
    """Yield the choices, the changes, and where the lock was written."""
    lock = result.lock
    if lock.choices:
        yield line(Span(context.say("ui.choices"), "strong"))
        yield from choices(lock.choices, context, refused=True)
        yield BLANK
    if result.changes:
        counted = tally(result.changes, context)
        title = line(Span(context.say("ui.lock.changes"), "strong"), context.say("ui.colon"), counted)
        yield from sentence(title, context)
        yield from steps(result.changes, context)
        yield BLANK
    key = "ui.lock.written" if result.written else "ui.lock.unchanged"
    made_for = {"target": lock.target, "python": lock.python, "platform": lock.platform}
    yield from passed(context.say(key, n=len(lock.packages), path=result.path, **made_for), context)
    sizes = [download(package) for package in lock.packages]
    known = [one for one in sizes if one is not None]
    if known:
        total = context.say("ui.lock.size", size=size(sum(known)))
        if len(known) < len(sizes):
            total += context.say("ui.plan.unsized", n=len(sizes) - len(known))
        yield from wrap(prose(total, "quiet"), context.prose_width, first=(Span("  "),))
