"""What to do, and the lines that say why: pieces that every view of a diagnosis shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.diagnosis import Advice, Quote, Reference
from ..context import Context
from ..line import Line, Span, line, wrap
from ..problems import window
from ..width import cells, pad

WIDEST_NUMBER = 8


def advised(advices: Sequence[Advice], context: Context, *, numbered: bool = False) -> Iterator[Line]:
    """Yield each advice: its words, and below them its commands, which are never broken."""
    for number, advice in enumerate(advices, 1):
        lead = f"  {number}. " if numbered and len(advices) > 1 else "  "
        first = line(Span(lead, "quiet"))
        deeper = Span(" " * (len(lead) + 2))
        words: Line = () if advice.text is None else context.prose(advice.text)
        if advice.root and advice.commands:
            mark = context.say("ui.aside", words=context.say("ui.diagnosis.root"))
            words = line(words, Span(mark if words else mark.strip(), "warning"))
        if words:
            yield from wrap(words, context.prose_width, first=first)
            first = line(deeper)
        for command in advice.commands:
            for part in command.splitlines():
                yield line(first, Span(part, "code"))
                first = line(deeper if words else Span(" " * len(lead)))


def quoted(quotes: Sequence[Quote], context: Context) -> Iterator[Line]:
    """Yield lines of a log by their numbers, each cut to the width around what matched."""
    column = max((len(str(quote.line)) for quote in quotes), default=0)
    for quote in quotes:
        number = pad(str(quote.line), column, right=True)
        front = line(Span(f"  {number} {context.marks.rule} ", "quiet"))
        times = f"  {context.marks.times}{quote.times:,}" if quote.times > 1 else ""
        room = max(context.width - column - 5 - cells(times), 10)
        words = quote.text.expandtabs(4) if quote.length == 0 else quote.text
        start = quote.start
        if quote.length == 0:
            words = words.strip()
        before, marked, after = window(words, start, quote.length, room, context.marks.ellipsis)
        yield line(front, before, Span(marked, "strong"), after, Span(times, "quiet"))


def references(found: Sequence[Reference], context: Context) -> Iterator[Line]:
    """Yield where to read more; an address is never broken."""
    for one in found:
        if cells(one.title) + cells(one.url) + 4 <= context.width:
            yield line("  ", one.title, Span(f"  {one.url}", "quiet"))
        else:
            yield from wrap(line(one.title), context.prose_width, first=line("  "))
            yield line(Span(f"    {one.url}", "quiet"))
