"""The view of `runs compare`: the runs, what differs in how they began, what came of them, their curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...model.comparison import Comparison, Repetition, RunProperty, Spread
from ...model.runs import Curve
from ..context import UNICODE, Context
from ..line import BLANK, Line, Span, Style, line, line_cells, table, wrap
from ..plots import chart, shortened
from ..redact import redact, variable
from ..run_lines import STATES, count, measured
from ..units import duration
from .sentences import section, sentence

SHORT = 12
"""Digits of a digest that are shown."""
DIGESTS = frozenset({"lock", "proof", "facts", "revision", "diff"})
NAMED = frozenset({"seeds", "variables", "data", "packages"})
CHARTS = 2
"""Metrics that are drawn; --verbose draws all."""
WIDEST_CHART, ROWS = 100, 10
WIDE = 72
"""Columns from which on a run has one row."""


def lines(comparison: Comparison, context: Context) -> Iterator[Line]:
    """Yield the runs, the differences, the outcomes with the best marked, repetitions, and charts."""
    yield from _runs(comparison, context)
    yield from section(context.say("ui.compare.differs"))
    yield from _differing(comparison, context)
    if comparison.metrics or comparison.outcomes:
        yield from section(context.say("ui.compare.outcomes"))
        yield from _outcomes(comparison, context)
    for one in comparison.repetitions:
        letters = _letters(comparison, one.runs)
        said = context.say("ui.compare.repetitions", n=len(one.runs), runs=letters)
        yield BLANK
        yield from wrap(line(Span(said, "strong")), context.prose_width)
        yield from _repetition(one, context)
    yield from _charts(comparison, context)


def _runs(comparison: Comparison, context: Context) -> Iterator[Line]:
    rows = []
    for place, side in enumerate(comparison.sides):
        mark, style = STATES[side.state]
        sign = context.marks.current if mark == "current" else context.mark(mark).text
        state = line(Span(f"{sign} {context.say(f'ui.runs.{side.state}')}", style))
        steps = context.say("ui.compare.steps", n=side.steps, count=count(side.steps)) if side.steps else ""
        letter = line(Span(side.letter, _style(place)))
        name = line(Span(side.name, "strong"))
        took = line(Span(duration(side.seconds), "quiet"))
        rows.append((letter, line(side.id), name, state, line(steps), took))
    if context.width >= WIDE:
        yield from table(rows, context.width, indent=0, right=(4,))
        return
    for letter, identity, name, *more in rows:
        yield line(letter, "  ", identity)
        told = [one for one in (name, *more) if one]
        joined = told[0]
        for one in told[1:]:
            joined = line(joined, Span(context.marks.dot, "quiet"), one)
        yield from wrap(joined, context.width, first=line("   "))


def _style(place: int) -> Style:
    styles: tuple[Style, ...] = ("code", "warning", "good", "strong")
    return styles[place % len(styles)]


def _differing(comparison: Comparison, context: Context) -> Iterator[Line]:
    """Yield a row for each value of what differs, with the letters of the runs that have it."""
    shown = [one for one in comparison.properties if one.differs or context.verbose]
    rows = [row for one in shown for row in _values(comparison, one, context)]
    before = sum(max((line_cells(row[column]) for row in rows), default=0) + 2 for column in (0, 1))
    if before <= context.width // 2:
        yield from table(rows, context.width)
    else:
        for name, letters, told in rows:
            if name:
                yield line("  ", name)
            first = line("    ", letters, "  ")
            if line_cells(first) > context.width // 2:
                yield from wrap(letters, context.width, first=line("    "))
                first = line("      ")
            yield from wrap(told, context.width, first=first, hang=6)
    if not comparison.differing:
        yield from sentence(
            line(Span(context.say("ui.compare.same"), "quiet")), context, Span("  =", "quiet")
        )
    locks = {value for one in comparison.properties if one.name == "lock" for value in one.values}
    lacking = [place for place, known in enumerate(comparison.locks) if not known]
    if lacking and len(locks) > 1:
        said = context.say("ui.compare.no_lock", runs=_letters(comparison, lacking))
        yield from sentence(line(Span(said, "quiet")), context, Span("  !", "quiet"))


def _values(comparison: Comparison, one: RunProperty, context: Context) -> Iterator[tuple[Line, Line, Line]]:
    name = line(_name(one, context))
    holders: dict[str | None, list[int]] = {}
    for place, value in enumerate(one.values):
        holders.setdefault(value, []).append(place)
    for value, places in holders.items():
        letters = _letters(comparison, places)
        told = _value(one, value, context)
        yield name, line(Span(letters, _style(places[0]) if one.differs else "quiet")), told
        name = line()


def _name(one: RunProperty, context: Context) -> str:
    if one.part == "seeds" and "seed" not in one.name.lower():
        return context.say("ui.run_of.seed", name=one.name)
    return one.name if one.part in NAMED else context.say(f"ui.run_of.{one.name}")


def _letters(comparison: Comparison, places: Sequence[int], dash: str = "-") -> str:
    """Return the letters of runs; three or more that follow one another as `A-C`."""
    found: list[list[int]] = []
    for place in places:
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    letter = [side.letter for side in comparison.sides]
    told = [
        [f"{letter[one[0]]}{dash}{letter[one[-1]]}"] if len(one) > 2 else [letter[place] for place in one]
        for one in found
    ]
    return " ".join(name for names in told for name in names)


def _value(one: RunProperty, value: str | None, context: Context) -> Line:
    if value is None:
        return line(Span(context.say("ui.diff.untold"), "quiet"))
    if value == "":
        return line(
            Span(context.say("ui.run_of.unchanged" if one.name == "diff" else "ui.diff.none"), "quiet")
        )
    if one.name == "diff" and value == "changed":
        return line(context.say("ui.run_of.changed"))
    is_digest = one.name in DIGESTS and one.part in ("code", "environment")
    if is_digest or (one.part == "data" and value.startswith("sha256:")):
        return line(value.removeprefix("sha256:")[:SHORT])
    return line(variable(one.name, value) if one.part in ("variables", "seeds") else redact(value))


def _outcomes(comparison: Comparison, context: Context) -> Iterator[Line]:
    """Yield a table with a column for each run; where there is no room, the runs of each row below it."""
    rows: list[tuple[Line, list[Line]]] = []
    for metric in comparison.metrics:
        if metric.better:
            words = line(metric.name, Span(f" {context.say('ui.compare.best')}", "quiet"))
            rows.append(
                (words, _cells([measured(value, "") for value in metric.best], metric.leader, context))
            )
        words = line(metric.name, Span(f" {context.say('ui.compare.last')}", "quiet"))
        rows.append((words, _cells([measured(value, "") for value in metric.last], None, context)))
    for outcome in comparison.outcomes:
        told = [measured(value, outcome.unit) for value in outcome.values]
        rows.append(
            (line(context.say(f"ui.run_figure.{outcome.name}")), _cells(told, outcome.leader, context))
        )
    first = max(line_cells(name) for name, _ in rows) + 4
    widest = max(line_cells(cell) for _, cells in rows for cell in cells) + 2
    sides = list(enumerate(comparison.sides))
    if first + widest * len(sides) <= context.width:
        heads = [line(Span(side.letter + "  ", _style(place))) for place, side in sides]
        drawn = [[line(), *heads], *([name, *cells] for name, cells in rows)]
        yield from table(drawn, context.width, right=range(1, len(sides) + 1))
        return
    for name, cells in rows:
        yield line("  ", name)
        row: Line = ()
        for (place, side), cell in zip(sides, cells, strict=True):
            letter = line(Span(side.letter, _style(place)), " ", _stripped(cell))
            if row and line_cells(row) + 3 + line_cells(letter) > context.width:
                yield row
                row = ()
            row = line(row, "   " if row else "    ", letter)
        yield row


def _stripped(cell: Line) -> Line:
    """Return a cell without the room that it keeps for a sign."""
    return tuple(span for span in cell if span.text.strip())


def _cells(values: Sequence[str], leader: int | None, context: Context) -> list[Line]:
    """Return the figures; the best one carries a sign, for which all keep room."""
    sign = "★" if context.marks is UNICODE else "*"
    return [
        line(Span(value, "good"), Span(f" {sign}", "good")) if place == leader else line(value, "  ")
        for place, value in enumerate(values)
    ]


def _repetition(one: Repetition, context: Context) -> Iterator[Line]:
    rows = [
        (
            _spread_name(spread, context),
            line(Span(measured(spread.mean, spread.unit), "strong")),
            line(
                f"± {measured(spread.deviation, spread.unit)}" if context.marks is UNICODE else _ascii(spread)
            ),
            line(
                Span(f"{measured(spread.low, spread.unit)} .. {measured(spread.high, spread.unit)}", "quiet")
            ),
        )
        for spread in one.spreads
    ]
    yield from table(rows, context.width, right=(1, 2))


def _ascii(spread: Spread) -> str:
    return f"+- {measured(spread.deviation, spread.unit)}"


def _spread_name(one: Spread, context: Context) -> Line:
    if one.of == "run":
        return line(context.say(f"ui.run_figure.{one.name}"))
    return line(one.name, Span(f" {context.say(f'ui.compare.{one.of}')}", "quiet"))


def _charts(comparison: Comparison, context: Context) -> Iterator[Line]:
    """Yield a chart of each of the first metrics, every run under its letter."""
    shown = comparison.metrics if context.verbose else comparison.metrics[:CHARTS]
    for metric in shown:
        curves = [
            replace(one, name=comparison.sides[place].letter)
            for place, of_run in enumerate(comparison.curves)
            for one in of_run
            if one.name == metric.name and one.values
        ]
        yield from section(shortened(metric.name, context.width, context.marks))
        yield from _chart(curves, context)


def _chart(curves: Sequence[Curve], context: Context) -> Iterator[Line]:
    yield from chart(curves, min(context.width, WIDEST_CHART), ROWS, marks=context.marks)
