"""The view of `gc` and `down`: what was removed, what that freed, and what stayed."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import Cleaned
from ..context import Context
from ..line import Line, line, prose, wrap
from ..units import size
from .sentences import passed


def lines(cleaned: Cleaned, context: Context) -> Iterator[Line]:
    """Yield what was removed, then what was kept and why."""
    comma = context.say("ui.comma")
    if cleaned.removed:
        said = context.say(
            "ui.cleaned.removed",
            n=len(cleaned.removed),
            numbers=comma.join(map(str, cleaned.removed)),
            target=cleaned.target,
            size=size(cleaned.bytes),
        )
    elif cleaned.bytes:
        said = context.say("ui.cleaned.freed", target=cleaned.target, size=size(cleaned.bytes))
    else:
        said = context.say("ui.cleaned.nothing", target=cleaned.target)
    yield from passed(said, context)
    for key, numbers in (("ui.cleaned.kept", cleaned.kept), ("ui.cleaned.held", cleaned.held)):
        if numbers:
            told = context.say(key, n=len(numbers), numbers=comma.join(map(str, numbers)))
            yield from wrap(prose(told), context.prose_width, first=line("  "))
