"""The view of `system`: what is needed from the system, by whom, and what brings it here."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.system import SystemNeed, SystemReport
from ..context import Context
from ..line import BLANK, Line, Span, line, table
from .sentences import passed, sentence

FILES_SHOWN = 2
COLUMNS = ("", "ui.system.name", "ui.system.package", "ui.system.users")


def lines(report: SystemReport, context: Context) -> Iterator[Line]:
    """Yield a row for each need; optional ones only where they are few, or under --verbose."""
    needed = [need for need in report.needs if not need.optional]
    optional = [need for need in report.needs if need.optional]
    if not needed:
        yield from passed(context.say("ui.system.nothing"), context)
    else:
        yield from _needs(needed, context)
    if optional and context.verbose:
        yield BLANK
        yield from sentence(context.say("ui.system.optional", n=len(optional)), context)
        yield from _needs(optional, context)
    elif optional:
        said = context.say("ui.system.optional_few", n=len(optional))
        yield from sentence(line(Span(said, "quiet")), context, Span(context.marks.point, "quiet"))


def _needs(needs: list[SystemNeed], context: Context) -> Iterator[Line]:
    titles = [line(Span(context.say(key) if key else "", "quiet")) for key in COLUMNS]
    rows = [_row(need, context) for need in needs]
    yield from table([titles, *rows], context.width, marked=True)


def _row(need: SystemNeed, context: Context) -> list[Line]:
    mark = {True: context.mark("passed"), None: context.mark("skipped")}.get(
        need.present, Span(context.marks.warning, "warning") if need.optional else context.mark("failed")
    )
    if need.package:
        package = Span(need.package)
    elif need.kind in ("driver", "toolkit"):
        package = Span(context.say(f"ui.system.{need.kind}"), "quiet")
    else:
        package = Span(context.say("ui.system.unknown"), "quiet")
    return [line(mark), line(Span(need.name, "strong")), line(package), line(_users(need, context))]


def _users(need: SystemNeed, context: Context) -> str:
    told = [context.say("ui.system.declared")] if need.declared else []
    owners = list(dict.fromkeys(owner or file for owner, file in need.users))
    told += owners[:FILES_SHOWN]
    rest = len(owners) - FILES_SHOWN
    if rest > 0:
        told.append(context.say("ui.system.more", n=rest))
    return context.say("ui.comma").join(told)
