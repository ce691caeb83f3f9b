"""The view of several hosts' facts: a row for each, in what they differ, why some did not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...model.facts import Facts
from ...model.fleet import Differing, FleetFacts, HostResult, by_problem
from ...model.host_names import folded
from ..context import Context
from ..line import BLANK, Line, Span, line, line_cells, table, wrap
from ..problems import details
from ..units import duration, size
from .facts import lines as of_one
from .facts_devices import RUNTIMES, of
from .run_parts import shortened
from .sentences import section, sentence

COLUMNS = (
    "",
    "ui.fleet.host",
    "ui.fleet.cores",
    "ui.fleet.memory",
    "ui.fleet.accelerators",
    "ui.fleet.driver",
    "ui.fleet.python",
    "ui.fleet.free",
    "ui.fleet.seconds",
    "ui.fleet.system",
)
RIGHT = frozenset({2, 3, 7, 8})
WIDTHS = (
    (0, (0, 1, 4)),
    (50, (0, 1, 2, 3, 4)),
    (72, (0, 1, 2, 3, 4, 5, 9)),
    (110, tuple(range(10))),
)
"""From which width on which columns are shown."""
LEAST, LONGEST = 12, 28
"""Cells of the last column at least, and of a host's name at most."""


def lines(found: FleetFacts, context: Context) -> Iterator[Line]:
    """Yield the table, the differences, then the hosts that did not answer, alike ones together."""
    answered = sum(one.ok for one in found.hosts)
    title = context.say("ui.fleet.of", target=found.target, n=len(found.hosts), answered=f"{answered:,}")
    yield from wrap(line(Span(title, "strong")), context.prose_width)
    yield from _rows(found, context)
    if found.kept:
        yield BLANK
        yield from sentence(context.say("ui.fleet.kept", n=len(found.kept)), context)
    if found.differing:
        yield from section(context.say("ui.fleet.differing"))
        for differing in found.differing:
            yield from _differing(differing, context)
    yield from _unanswered(found, context)
    for one in found.hosts if context.verbose else ():
        if one.value is not None:
            yield from section(one.host)
            yield from of_one(one.value, context)


def _rows(found: FleetFacts, context: Context) -> Iterator[Line]:
    kept = frozenset(found.kept)
    rows = [[line(Span(context.say(key) if key else "", "quiet")) for key in COLUMNS]]
    rows += [_row(one, kept, context) for one in found.hosts]
    for row in rows:
        row[1] = shortened(row[1], LONGEST, context)
    widths = [max(line_cells(row[i]) for row in rows) for i in range(len(COLUMNS))]
    shown, room = _shown(widths, context.width)
    drawn = [[*(row[i] for i in shown[:-1]), shortened(row[shown[-1]], room, context)] for row in rows]
    for one, row in zip(found.hosts, drawn[1:], strict=True):
        if one.problem is not None:
            row[-1] = line(Span(one.problem.code, "bad"))
    right = [place for place, column in enumerate(shown) if column in RIGHT]
    yield from table(drawn, context.width, indent=0, right=right, marked=True)


def _shown(widths: Sequence[int], width: int) -> tuple[tuple[int, ...], int]:
    """Return the columns that the terminal has room for, and the cells that are left for the last of them."""
    shown: tuple[int, ...] = WIDTHS[0][1]
    room = LEAST
    for least, columns in WIDTHS:
        left = width - sum(widths[i] + (2 if i else 1) for i in columns[:-1])
        if width >= least and left >= min(LEAST, widths[columns[-1]]):
            shown, room = columns, left
    return shown, room


def _row(one: HostResult[Facts], kept: frozenset[str], context: Context) -> list[Line]:
    mark = context.mark("skipped" if one.host in kept else "passed" if one.ok else "failed")
    if one.value is None:
        nothing = [BLANK] * (len(COLUMNS) - 4)
        return [line(mark), line(one.host), *nothing, line(duration(one.seconds)), BLANK]
    facts = one.value
    free = next((disk.free for disk in facts.disks if disk.purpose == "project"), None)
    python = next((each.version for each in facts.pythons), "")
    return [
        line(mark),
        line(one.host),
        line(f"{facts.cpu.granted or facts.cpu.logical:g}"),
        line(size(facts.memory.granted or facts.memory.total, binary=True)),
        line(_accelerators(facts, context)),
        line(_driver(facts)),
        line(python or context.say("ui.fleet.none")),
        line("" if free is None else size(free)),
        line(duration(one.seconds)),
        line(_system(facts, context)),
    ]


def _system(facts: Facts, context: Context) -> str:
    platform = facts.platform
    name = f"{platform.distribution} {platform.distribution_version}".strip() or platform.system
    libc = f"{platform.libc} {platform.libc_version}".strip()
    return context.marks.dot.join(part for part in (name, platform.machine, libc) if part)


def _accelerators(facts: Facts, context: Context) -> str:
    names = [gpu.name.removeprefix("NVIDIA ") for gpu in facts.nvidia.gpus]
    names += [device.name for vendor in RUNTIMES for device in of(facts, vendor).devices]
    counted = [
        name if count == 1 else f"{count} {context.marks.times} {name}"
        for name, count in Counter(names).items()
    ]
    return ", ".join(counted) or context.say("ui.fleet.none")


def _driver(facts: Facts) -> str:
    found = [facts.nvidia.driver or "", *(of(facts, vendor).driver for vendor in RUNTIMES)]
    return next(filter(None, found), "")


def _differing(one: Differing, context: Context) -> Iterator[Line]:
    said = context.say(f"ui.fleet.differ.{one.what}")
    yield from sentence(said, context, Span(context.marks.warning, "warning"))
    rows = [(line(_value(one.what, group.value, context)), line(folded(group.hosts))) for group in one.groups]
    yield from table(rows, context.width, indent=4)


def _value(what: str, value: str, context: Context) -> str:
    if what == "clock":
        seconds = float(value)
        key = "ui.fleet.ahead" if seconds > 0 else "ui.fleet.behind"
        return context.say(key, time=duration(abs(seconds)))
    return context.say("ui.fleet.none") if value == "-" else value


def _unanswered(found: FleetFacts, context: Context) -> Iterator[Line]:
    for group in by_problem(found.hosts):
        problem = group[0].problem
        if problem is None:
            continue
        yield BLANK
        head = line(Span(context.marks.failed, "bad"), " ")
        names = folded(one.host for one in group)
        count = context.say("ui.fleet.hosts", n=len(group), hosts=names)
        yield from wrap(line(Span(count, "strong")), context.prose_width, first=head)
        code = line("  ", Span(f"[{problem.code}] ", "bad"))
        yield from wrap(context.prose(problem.what), context.prose_width, first=code, hang=2)
        why = context.words(problem.why) if problem.why else None
        yield from details(why, problem.hints, context)
