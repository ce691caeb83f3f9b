"""The views of `data`: a row for each declared set, what is wrong with it below; a digest, a path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...model.data import DataDigest, DataList, DataPath, DataRemoved, DataStanding, DataState
from ..context import Context
from ..line import Line, Span, Style, line, prose, table, wrap
from ..units import size
from .sentences import passed, sentence

COLUMNS = ("", "ui.data.name", "ui.data.source", "ui.data.state", "ui.data.files", "ui.data.size")
WIDE = (*COLUMNS, "ui.data.digest")
ROOM = 84  # from which width on digests are shown
STYLES: Mapping[DataState, Style] = {"there": "plain", "missing": "quiet", "wrong": "bad"}
DIGITS = 12  # of a digest, as in `runs compare`


def lines(value: DataList, context: Context) -> Iterator[Line]:
    """Yield the rows; what is wrong stands below them, with --verbose where each lies."""
    if not value.sets:
        yield from sentence(context.say("ui.data.none"), context)
        return
    columns = WIDE if context.width >= ROOM else COLUMNS
    titles = [line(Span(context.say(key) if key else "", "quiet")) for key in columns]
    rows = [titles, *(_row(one, value, context)[: len(columns)] for one in value.sets)]
    yield from table(rows, context.width, indent=0, right=(4, 5), marked=True)
    for one in value.sets:
        if one.here is not None and context.verbose:
            told = line(f"{one.name}{context.say('ui.colon')}", Span(one.here.path, "code"))
            yield from wrap(told, context.width, first=line("  "), hang=4)
        if one.why is not None:
            told = line(f"{one.name}{context.say('ui.colon')}", context.prose(one.why.what))
            yield from wrap(told, context.prose_width, first=line("  "), hang=4)


def _row(one: DataStanding, value: DataList, context: Context) -> list[Line]:
    mark = context.mark({"there": "passed", "missing": "skipped", "wrong": "failed"}[one.state])
    key = "fetched" if one.fetched else "verified" if value.verified and one.here else one.state
    style = STYLES[one.state]
    here = one.here
    return [
        line(mark),
        line(Span(one.name, "strong")),
        line(one.source),
        line(Span(context.say(f"ui.data.state.{key}"), style)),
        line(f"{here.files:,}" if here else ""),
        line(size(here.bytes) if here else ""),
        line(Span(here.digest.removeprefix("sha256:")[:DIGITS] if here else "", "quiet")),
    ]


def path(value: DataPath, context: Context) -> Iterator[Line]:
    """Yield the path alone, for other programs."""
    yield line(value.path)


def digest(value: DataDigest, context: Context) -> Iterator[Line]:
    """Yield the line that the declared file takes."""
    yield line(Span(f'sha256 = "{value.sha256}"', "code"), Span(f"  # {size(value.bytes)}", "quiet"))


def removed(value: DataRemoved, context: Context) -> Iterator[Line]:
    """Yield which sets went."""
    if not value.names:
        yield from passed(context.say("ui.data.nothing_removed"), context)
        return
    names = context.say("ui.comma").join(f"`{one}`" for one in value.names)
    told = context.say("ui.data.removed", n=len(value.names), names=names, size=size(value.bytes))
    yield from passed(prose(told), context)
