"""The view of `doctor`: findings by weight, each with evidence, reason and remedy; then what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.diagnosis import Advice
from ...model.findings import GRAVITIES, Checked, Checkup, Finding, Fixed, Gravity
from ..context import Context
from ..line import BLANK, Line, Span, Style, line, prose, table, wrap
from ..units import duration
from ..width import cells, pad
from .sentences import passed, sentence

STYLES: dict[Gravity, Style] = {"blocks": "bad", "hurts": "warning", "better": "note"}
EVIDENCE = 6
"""Lines of evidence that are shown of a finding; --verbose shows all."""
MARKS = {"gone": "passed", "printed": "skipped", "declined": "skipped"}


def lines(checkup: Checkup, context: Context) -> Iterator[Line]:
    """Yield the gravest first; nothing found is one good line."""
    if checkup.fixed:
        yield from _fixed(checkup, context)
        yield BLANK
    for gravity in GRAVITIES:
        found = [one for one in checkup.findings if one.gravity == gravity]
        if found:
            title = context.say(f"doctor.{gravity}", n=len(found))
            yield line(Span(title, STYLES[gravity]))
            yield BLANK
        for one in found:
            yield from _finding(one, context)
            yield BLANK
    if not checkup.findings and not checkup.fixed:
        yield from passed(context.say("doctor.nothing"), context)
    yield from _looked(checkup, context)


def _finding(one: Finding, context: Context) -> Iterator[Line]:
    sign = {"blocks": context.marks.failed, "hurts": context.marks.warning}.get(
        one.gravity, context.marks.point
    )
    mark = line("  ", Span(sign, STYLES[one.gravity]), " ")
    named = Span(f"  {one.id}", "quiet")
    yield from wrap(line(context.prose(one.what, "strong"), named), context.prose_width, first=mark)
    shown = one.evidence if context.verbose else one.evidence[:EVIDENCE]
    margin = line("    ", Span(f"{context.marks.rule} ", "quiet"))
    for evidence in shown:
        for part in context.words(evidence).splitlines():
            for piece in wrap(line(Span(part, "quiet")), context.prose_width - 6):
                yield line(margin, piece)
    if len(one.evidence) > len(shown):
        yield line(margin, Span(context.say("ui.more", n=len(one.evidence) - len(shown)), "quiet"))
    yield from _told(context.say("ui.because"), "quiet", context.words(one.why) if one.why else "", context)
    for advice in one.remedies:
        yield from _advice(advice, context)


def _told(label: str, style: Style, words: str, context: Context) -> Iterator[Line]:
    """Yield words behind a label; both labels of a finding are aligned."""
    first = line("    ", Span(pad(label, _column(context), right=True), style))
    for part in words.splitlines():
        yield from wrap(prose(part), context.prose_width, first=first)
        first = line(" " * (4 + _column(context)))


def _advice(advice: Advice, context: Context) -> Iterator[Line]:
    """Yield what to do, and its commands below; no command is broken over lines, so that it can be copied."""
    label = context.say("ui.hint")
    column = _column(context)
    words = context.words(advice.text) if advice.text else ""
    yield from _told(label, "good", words, context)
    first = line(" " * (4 + column)) if words else line("    ", Span(pad(label, column, right=True), "good"))
    for command in advice.commands:
        yield line(first, Span(command, "code"))
        first = line(" " * (4 + column))


def _column(context: Context) -> int:
    return max(cells(context.say("ui.because")), cells(context.say("ui.hint")))


def _fixed(checkup: Checkup, context: Context) -> Iterator[Line]:
    for one in checkup.fixed:
        mark = context.mark(MARKS.get(one.done, "failed"))
        said = line(
            context.prose(one.finding.what), Span(context.say("ui.colon") + _ended(one, context), "quiet")
        )
        yield from sentence(said, context, mark)
        if one.detail is not None:
            for part in context.words(one.detail).splitlines()[-EVIDENCE:]:
                yield from wrap(line(Span(part, "quiet")), context.prose_width, first=line("    "))
    if checkup.proof:
        yield from sentence(
            context.say(f"doctor.proof.{checkup.proof}"), context, context.mark(checkup.proof)
        )


def _ended(one: Fixed, context: Context) -> str:
    return context.say(f"doctor.fixed.{one.done.replace('-', '_')}")


def _looked(checkup: Checkup, context: Context) -> Iterator[Line]:
    done = [one for one in checkup.checks if one.state == "done"]
    said = context.say("doctor.looked", n=len(done), took_seconds=checkup.seconds)
    yield from sentence(line(Span(said, "quiet")), context, Span(context.marks.point, "quiet"))
    for one in checkup.unseen:
        name = _name(one, context)
        why = context.words(one.detail) if one.detail else one.state
        told = prose(context.say("doctor.unseen", name=name, why=why), "warning")
        yield from sentence(told, context, Span(context.marks.warning, "warning"))
    if context.verbose:
        yield BLANK
        yield from table(_rows(checkup.looks, context), context.width, right=(2,), marked=True)
        yield BLANK
        yield from table(_rows(checkup.checks, context), context.width, right=(2,), marked=True)


def _rows(told: Sequence[Checked], context: Context) -> list[list[Line]]:
    marks = {"done": "passed", "unasked": "skipped"}
    return [
        [
            line(context.mark(marks.get(one.state, "failed"))),
            line(_name(one, context)),
            line(Span(duration(one.milliseconds / 1000), "quiet")),
            line(Span(context.say("doctor.counted", n=one.findings), "quiet") if one.findings else ""),
        ]
        for one in told
    ]


def _name(one: Checked, context: Context) -> str:
    kind = "look" if one.area is None else "check"
    return context.say(f"doctor.{kind}.{one.name}")
