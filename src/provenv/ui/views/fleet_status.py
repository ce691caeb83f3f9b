"""The view of `status` on hosts: where the target stands, and a row for each of them."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.fleet import Clock, HostResult
from ...model.fleet_up import FleetStatus, HostStanding
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, table
from ..moments import moment
from ..units import duration, size
from . import evidence as proof
from .drifted import drift
from .fleet_facts import LONGEST
from .fleet_up import failed
from .run_parts import shortened
from .sentences import about_generation, because, sentence
from .status import SYNC

COLUMNS = (
    "ui.fleet.host",
    "ui.fleet_up.generation",
    "ui.fleet_up.files",
    "ui.fleet_up.proven",
    "ui.fleet_up.clock",
    "ui.fleet_up.running",
    "ui.fleet.free",
    "ui.fleet.python",
)
NARROW = {60: (0, 1, 2, 3), 90: (0, 1, 2, 3, 4, 7)}
"""Below so many cells: the mark and these columns."""


def lines(status: FleetStatus, context: Context) -> Iterator[Line]:
    """Yield the target's state, then every host's, then what differs in words."""
    key, style = SYNC[status.sync]
    mark = context.mark("passed") if status.sync == "in-sync" else Span(context.marks.warning, style)
    meaning = f"{key}.meaning" if status.sync != "drifted" else "ui.fleet_up.drifted.meaning"
    words = prose(context.say(meaning, target=status.target))
    yield from sentence(line(Span(context.say(key), style), "  ", words), context, mark)
    yield from because(status.reasons, context)
    yield BLANK
    yield from table(list(_about(status, context)), context.prose_width)
    yield BLANK
    yield from _hosts(status, context)
    for one in status.hosts:
        if one.value is not None and one.value.drift:
            yield BLANK
            yield line(Span(one.host, "strong"))
            yield from drift(one.value.drift, context)
    yield from failed(status.hosts, context)


def _about(status: FleetStatus, context: Context) -> Iterator[tuple[Line, Line]]:
    yield line(context.say("ui.status.file")), line(status.file)
    generation = status.generation
    if generation is None:
        return
    about = about_generation(generation.number, generation.python, generation.packages, context)
    yield line(context.say("ui.status.generation")), prose(about)
    if generation.made:
        yield line(context.say("ui.status.made")), line(moment(generation.made, context))
    if status.evidence is not None:
        verdict = proof.verdict(status.evidence, context)
        said = f"{verdict}{context.say('ui.colon')}{proof.counts(status.evidence, context)}"
        yield line(context.say("ui.status.proof")), line(said)


def _hosts(status: FleetStatus, context: Context) -> Iterator[Line]:
    titles = [line(), *(line(Span(context.say(key), "quiet")) for key in COLUMNS)]
    rows = [titles, *(_row(one, status, context) for one in status.hosts)]
    shown = next((columns for least, columns in NARROW.items() if context.width < least), None)
    if shown is not None:
        rows = [[row[i] for i in shown] for row in rows]
    yield from table(rows, context.width, indent=0, marked=True)


def _row(one: HostResult[HostStanding], status: FleetStatus, context: Context) -> list[Line]:
    name = shortened(line(one.host), LONGEST, context)
    if one.value is None:
        code = one.problem.code if one.problem is not None else ""
        return [line(context.mark("failed")), name, line(Span(code, "bad")), *([line()] * 6)]
    found = one.value
    number = status.generation.number if status.generation else None
    stands = found.current == number and not found.drift
    mark = context.mark("passed") if stands else Span(context.marks.warning, "warning")
    current = str(found.current) if found.current is not None else context.say("ui.fleet.none")
    return [
        line(mark),
        name,
        line(Span(current, "plain" if found.current == number else "bad")),
        _files(found, context),
        line(moment(found.proven, context)) if found.proof == "passed" else _unproven(found, context),
        line(_clock(found.clock, context)),
        line(str(found.running) if found.running else ""),
        line("" if found.free is None else size(found.free)),
        line(found.python),
    ]


def _files(found: HostStanding, context: Context) -> Line:
    if found.current is None:
        return line()
    changed = len(found.drift.changed) + len(found.drift.missing) + len(found.drift.extra)
    if changed:
        return line(Span(context.say("ui.fleet_up.changed", n=changed), "bad"))
    return line(context.say("ui.fleet_up.whole"))


def _unproven(found: HostStanding, context: Context) -> Line:
    key = "ui.history.failed" if found.proof == "failed" else "ui.history.unproven"
    return line(Span(context.say(key), "bad" if found.proof else "quiet"))


def _clock(clock: Clock | None, context: Context) -> str:
    """Return how far a clock is off, where that is more than may come of asking."""
    if clock is None:
        return ""
    if abs(clock.ahead) <= clock.error:
        return context.say("ui.fleet_up.in_time")
    key = "ui.fleet.ahead" if clock.ahead > 0 else "ui.fleet.behind"
    return context.say(key, time=duration(abs(clock.ahead)))
