"""The view of `gc` and `down`: what was removed, what that freed, and what stayed."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import Cleaned
from ..context import Context
from ..line import Line, Span, line, prose, table, wrap
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
    yield from _images(cleaned, context)
    for key, numbers in (("ui.cleaned.kept", cleaned.kept), ("ui.cleaned.held", cleaned.held)):
        if numbers:
            told = context.say(key, n=len(numbers), numbers=comma.join(map(str, numbers)))
            yield from wrap(prose(told), context.prose_width, first=line("  "))
    yield from _engine(cleaned, context)


def _images(cleaned: Cleaned, context: Context) -> Iterator[Line]:
    """Yield each image that went with what it freed, and who keeps those that stayed."""
    comma = context.say("ui.comma")
    rows: list[tuple[Line, Line, Line, Line]] = []
    for one in cleaned.images:
        about = context.say("ui.history.generation", number=one.generation)
        told = prose(about if one.generation else context.say("ui.cleaned.left_over"), "quiet")
        freed = line(Span(size(one.bytes), "quiet"))
        if one.users:
            names = comma.join(f"`{name}`" for name in one.users)
            freed = line(Span(context.marks.skipped, "quiet"))
            told = prose(context.say("ui.cleaned.image_held", names=names))
        sign = line(Span(context.marks.skipped, "quiet")) if one.users else line(Span("-", "bad"))
        rows.append((sign, line(one.name), freed, told))
    yield from table(rows, context.prose_width, right=(2,), marked=True)


def _engine(cleaned: Cleaned, context: Context) -> Iterator[Line]:
    """Yield what else went of the engine, and what its build cache holds."""
    told = []
    if cleaned.containers:
        told.append(context.say("ui.cleaned.containers", n=cleaned.containers))
    if cleaned.pruned:
        told.append(context.say("ui.cleaned.pruned", size=size(cleaned.pruned)))
    if cleaned.cache:
        command = f"provenv gc --on {cleaned.target} --build-cache"
        told.append(context.say("ui.cleaned.cache", size=size(cleaned.cache), command=command))
    for words in told:
        yield from wrap(prose(words), context.prose_width, first=line("  "))
