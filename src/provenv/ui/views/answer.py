"""What the rules say of a failure, in short, behind it: the cause, the remedy, how to check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.diagnosis import Advice, Answered, Diagnosis
from ..context import Context
from ..line import Line, Span, Style, line, prose, wrap
from ..width import cells, pad

REMEDIES = 2


def lines(answered: Answered, context: Context) -> Iterator[Line]:
    """Yield the first cause and what to do about it; for a mistake in the user's own code, where it is."""
    found = answered.diagnosis
    label = line(Span(context.say("ui.answer"), "note"), context.say("ui.colon"))
    if found.verdict == "none":
        yield from wrap(prose(_own_code(found, context)), context.prose_width, first=label, hang=2)
        return
    first = found.candidates[0]
    share = context.say("ui.answer.share", cause=first.cause, percent=round(100 * first.weight))
    what = line(context.prose(first.what, "strong"), "  ", Span(share, "quiet"))
    yield from wrap(what, context.prose_width, first=label, hang=2)
    because, hint = context.say("ui.because"), context.say("ui.hint")
    check = context.say("ui.answer.check")
    column = 2 + max(cells(label_) for label_ in (because, hint, check))
    why = [context.prose(first.why), *(context.prose(one) for one in first.machine)]
    yield from _part(because, "quiet", why, (), column, context)
    for advice in first.remedies[:REMEDIES]:
        yield from _step(hint, advice, column, context)
    for advice in first.confirm[:1]:
        yield from _step(check, advice, column, context)


def _own_code(found: Diagnosis, context: Context) -> str:
    place = found.place
    if place is None:
        return context.say("ui.answer.none")
    where = place.file if place.line is None else f"{place.file}:{place.line}"
    return context.say("ui.answer.own_code", where=where)


def _step(label: str, advice: Advice, column: int, context: Context) -> Iterator[Line]:
    told = [context.prose(advice.text)] if advice.text is not None else []
    yield from _part(label, "good", told, advice.commands, column, context)


def _part(
    label: str, style: Style, told: Sequence[Line], commands: Sequence[str], column: int, context: Context
) -> Iterator[Line]:
    """Yield words and commands under one label; a command is never broken over lines."""
    first = line("  ", Span(pad(label, column - 2, right=True), style))
    blank = line(" " * column)
    for words in told:
        yield from wrap(words, context.prose_width, first=first, hang=column)
        first = blank
    for command in commands:
        yield line(first, Span(command, "code"))
        first = blank
