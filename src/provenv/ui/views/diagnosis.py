"""The view of a diagnosis: what happened, why, what says so, what to do, whether it helped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.diagnosis import Candidate, Diagnosis, Quote
from ..context import Context
from ..line import BLANK, Line, Span, Style, line, prose, table, wrap
from ..problems import placed
from .advice import advised, quoted, references
from .sentences import section, sentence

QUOTES = 3
NEXT = 3
# a share below this is none
LEAST = 0.005


def lines(found: Diagnosis, context: Context) -> Iterator[Line]:
    """Yield the answer to a log."""
    if found.verdict == "unknown":
        yield from _unknown(found, context)
    elif found.verdict == "none":
        yield from _none(found, context)
    else:
        yield from cause(found.candidates[0], context)
        yield from _next(found.candidates, context)
        yield from grounds(found.candidates[0], context)
        yield from what_to_do(found.candidates[0], context)
    if context.verbose:
        yield from _sums(found.candidates, context)


def cause(one: Candidate, context: Context) -> Iterator[Line]:
    """Yield what happened, why, and how sure that is."""
    yield from sentence(context.prose(one.what, "strong"), context, context.mark("failed"))
    label = line("  ", Span(context.say("ui.because"), "quiet"))
    yield from wrap(context.prose(one.why), context.prose_width, first=label)


def grounds(one: Candidate, context: Context) -> Iterator[Line]:
    """Yield the lines that say so, and what the machine's facts add."""
    # several patterns may know one line
    quotes = _by_line([quote for quote in one.quotes if quote.counts > 0])
    if quotes:
        yield from section(context.say("ui.diagnosis.quotes"))
        chosen = quotes if context.verbose else quotes[:QUOTES]
        yield from quoted(sorted(chosen, key=lambda quote: quote.line), context)
    against = _by_line([quote for quote in one.quotes if quote.counts < 0])
    if against and context.verbose:
        yield from section(context.say("ui.diagnosis.against"))
        yield from quoted(against, context)
    if one.machine:
        yield from section(context.say("ui.diagnosis.machine"))
        for added in one.machine:
            yield from wrap(context.prose(added), context.prose_width, first=line("  "))


def _by_line(quotes: Sequence[Quote]) -> list[Quote]:
    """Return the heaviest quote of each line, the heaviest first."""
    return list({quote.line: quote for quote in reversed(quotes)}.values())[::-1]


def what_to_do(one: Candidate, context: Context) -> Iterator[Line]:
    """Yield the remedy, how to see that it helped, and where to read more."""
    if one.remedies:
        yield from section(context.say("ui.diagnosis.remedies"))
        yield from advised(one.remedies, context, numbered=True)
    if one.confirm:
        yield from section(context.say("ui.diagnosis.confirm"))
        yield from advised(one.confirm, context)
    if one.references:
        yield from section(context.say("ui.diagnosis.references"))
        yield from references(one.references, context)


def _next(candidates: Sequence[Candidate], context: Context) -> Iterator[Line]:
    """Yield a line for the first and each of the next best, with its share."""
    yield BLANK
    shown = [one for index, one in enumerate(candidates[: NEXT + 1]) if index == 0 or one.weight >= LEAST]
    rows = []
    for index, one in enumerate(shown):
        style: Style = "strong" if index == 0 else "quiet"
        words: Line = () if index == 0 else context.prose(one.what, "quiet")
        rows.append((line(Span(share(one.weight), style)), line(Span(one.cause, style)), words))
    yield from table(rows, context.prose_width, right=(0,))


def share(weight: float) -> str:
    """Return a weight as a percentage; nothing is ever quite sure."""
    return ">99%" if weight >= 0.995 else f"{weight:.0%}"


def _none(found: Diagnosis, context: Context) -> Iterator[Line]:
    first = found.candidates[0] if found.candidates else None
    if found.nature == "own-code" and found.place is not None:
        spot = found.place.file if found.place.line is None else f"{found.place.file}:{found.place.line}"
        said = context.say("ui.diagnosis.own_code", place=spot)
        yield from sentence(prose(said, "strong"), context, Span(context.marks.warning, "warning"))
        yield from placed(found.place, "bad", context)
        if found.exception:
            yield from wrap(line(Span(found.exception, "bad")), context.prose_width, first=line("  "))
        rest = found.candidates
    elif found.nature in ("succeeded", "quiet"):
        said = context.say(f"ui.diagnosis.{found.nature}")
        yield from sentence(prose(said, "strong"), context, context.mark("passed"))
        rest = found.candidates
    else:
        rest = found.candidates
        if first is not None:
            yield from sentence(
                context.prose(first.what, "strong"), context, Span(context.marks.warning, "warning")
            )
            yield from wrap(
                context.prose(first.why),
                context.prose_width,
                first=line("  ", Span(context.say("ui.because"), "quiet")),
            )
    if len(rest) > 1:
        yield from _next(rest, context)
    if first is not None:
        yield from grounds(first, context)
        yield from what_to_do(first, context)


def _unknown(found: Diagnosis, context: Context) -> Iterator[Line]:
    yield from sentence(
        prose(context.say("ui.diagnosis.unknown"), "strong"), context, Span(context.marks.warning, "warning")
    )
    if found.suspects:
        yield from section(context.say("ui.diagnosis.suspects"))
        yield from quoted(found.suspects, context)
    if found.place is not None:
        yield BLANK
        yield from placed(found.place, "note", context)
    if found.collect:
        yield from section(context.say("ui.diagnosis.collect"))
        yield from advised(found.collect, context)


def _sums(candidates: Sequence[Candidate], context: Context) -> Iterator[Line]:
    """Yield how each candidate's score adds up, counter-evidence too."""
    for one in candidates:
        title = context.say(
            "ui.diagnosis.sum", cause=one.cause, score=f"{one.score:g}", share=share(one.weight)
        )
        yield from section(title)
        rows = [
            (line(f"{quote.adds:+.2f}"), line(quote.name), line(Span(_line(quote.line, context), "quiet")))
            for quote in one.quotes
        ]
        rows += [(line(f"{sign.adds:+.2f}"), line(sign.name), BLANK) for sign in one.signs]
        yield from table(rows, context.width, right=(0,))


def _line(number: int, context: Context) -> str:
    return context.say("ui.diagnosis.line", number=f"{number:,}")
