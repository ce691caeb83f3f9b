"""The view of `init`: what was carried over, what was left out and why, and the file that was written."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Text
from ...model.adopted import Carried, LeftOut
from ...model.results import InitResult
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, table
from .sentences import passed, section, sentence

MOST_ROWS = 30
"""Requirements that are shown without --verbose."""
MOST_LEFT = 8
"""Things of one reason that are shown without --verbose."""
IMAGE = "image"
"""What `init` calls the target that it makes of a source's image."""
_KINDS = (
    "python",
    "reference",
    "accelerator",
    "system",
    "variable",
    "pass",
    "index",
    "mirror",
    "run",
    "image",
)


def lines(result: InitResult, context: Context) -> Iterator[Line]:
    """Yield what was found, carried over and left out, where it was written, and what to type next."""
    for found in result.found:
        yield from sentence(context.prose(found), context, Span(context.marks.point, "quiet"))
    yield from _carried(result, context)
    yield from _left_out(result.left_out, context)
    if result.carried or result.left_out:
        yield BLANK
    # of a template's many files one says enough: what was copied is told above
    for path in (result.path,) if result.next and not context.verbose else (*result.files, result.path):
        yield from passed(context.say("ui.init.written", path=path), context)
    if context.verbose:
        for one in result.text.splitlines():
            yield line("  ", Span(one, "quiet" if one.lstrip().startswith("#") else "plain"))
    yield from section(context.say("ui.next"))
    for command in result.next or ("provenv up",):
        yield line("  ", Span(command, "code"))
    if any(one.kind == "image" for one in result.carried):
        yield line("  ", Span(f"provenv up --on {IMAGE}", "code"))


def _carried(result: InitResult, context: Context) -> Iterator[Line]:
    rows = [
        (line(Span(context.say(f"adopt.view.kind.{kind}"), "quiet")), *_row(one, context))
        for kind in _KINDS
        for one in result.carried
        if one.kind == kind
    ]
    yield from table(rows, context.prose_width)
    required = [one for one in result.carried if one.kind == "requirement"]
    if required:
        yield from section(context.say("adopt.view.requirements"))
        shown = required if context.verbose else required[:MOST_ROWS]
        yield from table([_row(one, context) for one in shown], context.prose_width)
        yield from _more(len(required) - len(shown), context)
    suggested = context.say("ui.comma").join(one.words for one in result.carried if one.kind == "suggestion")
    if suggested:
        yield BLANK
        yield from sentence(
            context.say("adopt.view.suggestions", names=suggested),
            context,
            Span(context.marks.skipped, "quiet"),
        )


def _row(one: Carried, context: Context) -> tuple[Line, Line]:
    """Return the words, and what was changed or else where they come from."""
    where = one.where if one.where != one.words else ""
    told = line(Span(where, "quiet")) if one.note is None else context.prose(one.note, "quiet")
    return line(Span(one.words, "strong")), told


def _left_out(entries: tuple[LeftOut, ...], context: Context) -> Iterator[Line]:
    if not entries:
        return
    yield from section(context.say("adopt.view.left_out"))
    groups: dict[str, list[LeftOut]] = {}
    for one in entries:
        groups.setdefault(_said(one.why, context), []).append(one)
    for reason, group in groups.items():
        yield from sentence(prose(reason), context, Span(context.marks.skipped, "warning"))
        shown = group if context.verbose else group[:MOST_LEFT]
        rows = [(line(one.words, "  ", Span(one.where, "quiet")),) for one in shown]
        yield from table(rows, context.prose_width, indent=4)
        yield from _more(len(group) - len(shown), context)


def _said(why: Text, context: Context) -> str:
    return context.words(why)


def _more(count: int, context: Context) -> Iterator[Line]:
    if count > 0:
        yield line("    ", Span(context.say("adopt.view.more", n=count), "quiet"))
