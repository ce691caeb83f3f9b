"""The view of a proof: every check with what it did, then what the place can do, then the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.evidence import Evidence, Measure, Outcome
from ..context import Context
from ..line import BLANK, Line, Span, line, line_cells, prose, table
from ..problems import details
from ..units import duration, figure
from ..width import breaks
from .sentences import section, sentence

EVIDENCE_SHOWN = 12  # the end of a traceback says what happened; --verbose shows it whole


def lines(evidence: Evidence, context: Context) -> Iterator[Line]:
    """Yield the whole proof."""
    head = context.say("ui.evidence.head", target=evidence.target, generation=evidence.generation)
    yield line(Span(head, "strong"))
    # what was carried over was shown when it was done
    own = [one for one in evidence.outcomes if context.verbose or one.name not in evidence.carried]
    yield from checks(own, context)
    yield from failures(own, context)
    yield from measures(own, context)
    yield BLANK
    yield from summary(evidence, context)


def checks(outcomes: Sequence[Outcome], context: Context) -> Iterator[Line]:
    """Yield one row for each check: mark, name, time, what it did and how far it was from the reference."""
    rows = []
    for outcome in outcomes:
        skipped = outcome.status == "skipped"
        words = context.prose(outcome.did)
        if skipped:
            why = context.words(outcome.why) if outcome.why else context.words(outcome.did)
            words = prose(context.say("ui.evidence.skipped", why=why), "quiet")
        elif outcome.distance is not None:
            distance = Span(_distance(outcome, context), "bad" if outcome.status == "failed" else "quiet")
            words = line(words, " ", distance)
        name = Span(outcome.name, "quiet" if skipped else "strong" if outcome.status == "failed" else "plain")
        time = "" if skipped else duration(outcome.seconds)
        rows.append((line(context.mark(outcome.status)), line(name), line(Span(time, "quiet")), words))
    yield from table(rows, context.prose_width, right=(2,), marked=True)


def failures(outcomes: Sequence[Outcome], context: Context) -> Iterator[Line]:
    """Yield why each failed check failed, its evidence, and what to try next."""
    for outcome in outcomes:
        if outcome.status != "failed":
            continue
        yield BLANK
        yield line(context.mark("failed"), " ", Span(outcome.name, "bad"))
        yield from details(context.words(outcome.why) if outcome.why else None, (), context)
        yield from _raw(outcome.evidence, context)
        yield from details(None, outcome.hints, context)


def measures(outcomes: Sequence[Outcome], context: Context) -> Iterator[Line]:
    """Yield the figures that the checks took."""
    taken: list[Measure] = [measure for outcome in outcomes for measure in outcome.measures]
    if not taken:
        return
    yield from section(context.say("ui.evidence.measured"))
    rows = [
        (line(one.name), line(Span(figure(one.value), "strong")), line(Span(one.unit, "quiet")))
        for one in taken
    ]
    yield from table(rows, context.prose_width, right=(1,))


def summary(evidence: Evidence, context: Context) -> Iterator[Line]:
    """Yield the verdict: how many checks passed, failed and were skipped, and how long it took."""
    said = Span(verdict(evidence, context), "good" if evidence.passed else "bad")
    words = line(said, context.say("ui.colon"), counts(evidence, context))
    yield from sentence(words, context, context.mark("passed" if evidence.passed else "failed"))
    if evidence.at_once > 1:
        together = duration(evidence.together)
        told = context.say("ui.evidence.together", time=together, n=evidence.at_once)
        yield from sentence(line(Span(told, "quiet")), context)
    if evidence.carried:
        told = context.say("ui.evidence.carried", n=len(evidence.carried), generation=evidence.carried_from)
        yield from sentence(line(Span(told, "quiet")), context)
    if evidence.left_out:
        names = context.say("ui.comma").join(evidence.left_out)
        told = context.say("ui.evidence.left_out", n=len(evidence.left_out), names=names)
        yield from sentence(line(Span(told, "quiet")), context)


def verdict(evidence: Evidence, context: Context) -> str:
    """Return `proven`, `not proven`, that a quick proof found no fault, or that nothing could be proven."""
    if evidence.passed:
        return context.say("ui.evidence.quick" if evidence.left_out else "ui.evidence.proven")
    return context.say("ui.evidence.failed" if evidence.count("failed") else "ui.evidence.nothing")


def counts(evidence: Evidence, context: Context) -> str:
    """Return `12 passed, 1 failed, 2 skipped in 14 s`."""
    told = [context.say("ui.evidence.passed_count", n=evidence.count("passed"))]
    if evidence.count("failed"):
        told.append(context.say("ui.evidence.failed_count", n=evidence.count("failed")))
    if evidence.count("skipped"):
        told.append(context.say("ui.evidence.skipped_count", n=evidence.count("skipped")))
    all_told = context.say("ui.comma").join(told)
    return context.say("ui.evidence.in_time", counts=all_told, time=duration(evidence.seconds))


def _distance(outcome: Outcome, context: Context) -> str:
    distance = figure(outcome.distance or 0.0)
    if outcome.tolerance is None:
        return f"({distance})"
    sign = context.marks.at_most if outcome.status == "passed" else ">"
    return f"({distance} {sign} {figure(outcome.tolerance)})"


def _raw(evidence: str, context: Context) -> Iterator[Line]:
    found = evidence.strip("\n").splitlines()
    if not found:
        return
    shown = found if context.verbose else found[-EVIDENCE_SHOWN:]
    bar = line("    ", Span(f"{context.marks.rule} ", "quiet"))
    if len(shown) < len(found):
        shown = [context.say("ui.lines_left_out", n=len(found) - len(shown)), *shown]
    room = context.width - line_cells(bar)
    for one in shown:
        for start, end in breaks(one, room, room):
            yield line(bar, Span(one[start:end], "quiet"))
