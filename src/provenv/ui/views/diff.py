"""The view of `diff`: what differs between two proofs, part by part, then all of it in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...model.diff import CheckPair, Difference, Machine, Numerics, Paced, Pair, Side, Speed, Versions
from ...model.plan import Keep
from ..context import Context
from ..line import BLANK, Line, Span, Style, line, table
from ..moments import moment
from ..units import duration, figure, size
from .parts import steps, tally
from .sentences import because, section, sentence

WIDE = 100
"""Columns from which on speed is drawn as a bar, too."""
BAR = 10
"""Cells of a bar for what is as fast as before."""
SHORT = 12
"""Digits of a digest that are shown."""
DIGESTS = frozenset({"lock", "declared", "facts"})


def lines(difference: Difference, context: Context) -> Iterator[Line]:
    """Yield the two sides, each part that was asked for, and the summary."""
    yield from table(
        [
            _side("ui.diff.before", difference.before, context),
            _side("ui.diff.after", difference.after, context),
        ],
        context.prose_width,
    )
    if difference.versions is not None:
        yield from section(context.say("ui.diff.versions"))
        yield from _versions(difference.versions, context)
    if difference.numerics is not None:
        yield from section(context.say("ui.diff.numerics"))
        yield from _numerics(difference.numerics, context)
    if difference.speed is not None:
        yield from section(context.say("ui.diff.speed"))
        yield from _speed(difference.speed, context)
    if difference.machine is not None:
        yield from section(context.say("ui.diff.machine"))
        yield from _machine(difference.machine, context)
    yield BLANK
    yield from _summary(difference, context)


def _side(key: str, side: Side, context: Context) -> tuple[Line, Line, Line]:
    told: Line = line(Span(context.say("ui.history.unproven"), "warning"))
    if side.passed is not None:
        mark = context.mark("passed" if side.passed else "failed")
        said = context.say("ui.history.passed" if side.passed else "ui.history.failed")
        told = line(mark, " ", said, "  ", Span(moment(side.started, context), "quiet"))
    name = line(Span(side.label, "strong"))
    if side.file and side.generation is not None and side.target:
        # a file's name says nothing of what was proven in it
        name = line(name, Span(context.say("ui.aside", words=f"{side.target}:{side.generation}"), "quiet"))
    return line(Span(context.say(key), "quiet")), name, told


def _versions(versions: Versions, context: Context) -> Iterator[Line]:
    moved = [step for step in versions.packages or () if not isinstance(step, Keep)]
    yield from _pairs(versions.about, context)
    yield from steps(moved, context)
    if versions.packages is None:
        lock = next(pair for pair in versions.about if pair.name == "lock")
        key = "ui.diff.same_lock" if _told(lock) and not lock.differs else "ui.diff.no_packages"
        yield from _same(context.say(key), context)
    elif moved:
        yield from _same(tally(versions.packages, context), context)
    else:
        yield from _same(context.say("ui.diff.same_packages", n=len(versions.packages)), context)


def _pairs(pairs: Iterable[Pair], context: Context) -> Iterator[Line]:
    """Yield a row for each property that differs; --verbose shows those that are the same, too."""
    rows: list[tuple[Line, Line, Line]] = []
    for pair in pairs:
        if not (pair.differs or context.verbose):
            continue
        name = line(context.say(f"ui.diff.of.{pair.name}"))
        rows.append((_sign(pair.differs), name, _change(pair, context)))
    yield from table(rows, context.prose_width, marked=True)


def _sign(differs: bool) -> Line:
    return line(Span("~", "warning") if differs else Span("=", "quiet"))


def _change(pair: Pair, context: Context) -> Line:
    before, after = (_value(pair, one, context) for one in (pair.before, pair.after))
    if not pair.differs and before == after:
        return line(Span(after, "quiet"))
    return line(Span(before, "quiet"), f" {context.marks.arrow} {after}")


def _value(pair: Pair, value: str | int | float | None, context: Context) -> str:
    if value is None:
        return context.say("ui.diff.untold")
    if value == "":
        return context.say("ui.diff.none")
    if isinstance(value, str):
        return value[:SHORT] if pair.name in DIGESTS else value
    if pair.unit == "bytes":
        return size(value, binary=pair.name != "image")
    return f"{figure(value)}{pair.unit}"


def _same(said: str, context: Context) -> Iterator[Line]:
    yield from sentence(line(Span(said, "quiet")), context, Span("  =", "quiet"))


def _numerics(numerics: Numerics, context: Context) -> Iterator[Line]:
    if numerics.unproven:
        names = context.say("ui.comma").join(numerics.unproven)
        yield from _same(context.say("ui.diff.unproven", names=names), context)
        return
    shown = [one for one in numerics.checks if one.differs or context.verbose]
    rows: list[tuple[Line, ...]] = []
    for one in shown:
        rows.append(_check(one, context))
        if one.why is not None and one.before != one.after:
            yield from table(rows, context.prose_width, marked=True)
            yield from because((one.why,), context)
            rows = []
    yield from table(rows, context.prose_width, marked=True)
    same = [one for one in numerics.checks if not one.differs]
    if same:
        exact = sum(one.results == "same" for one in same)
        yield from _same(context.say("ui.diff.same_checks", n=len(same)), context)
        if exact:
            yield from _same(context.say("ui.diff.same_results", n=exact), context)


def _check(one: CheckPair, context: Context) -> tuple[Line, Line, Line]:
    name = line(Span(one.name, "strong" if one.differs else "plain"))
    if one.before is None:
        return line(Span("+", "good")), name, line(_status(one.after or "", context))
    if one.after is None:
        return line(Span("-", "bad")), name, line(Span(context.say("ui.diff.not_any_more"), "quiet"))
    told: Line = ()
    if one.before != one.after:
        told = line(
            Span(_status(one.before, context), "quiet"),
            f" {context.marks.arrow} ",
            Span(_status(one.after, context), "bad" if one.after == "failed" else "plain"),
        )
    figures = [_figures(one, context), *(_accuracy(pair, context) for pair in one.accuracies if pair.differs)]
    for found in figures:
        if found:
            told = line(told, "  " if told else "", found)
    mark = line(context.mark(one.after)) if one.before != one.after else _sign(one.differs)
    return mark, name, told or line(Span(_status(one.after, context), "quiet"))


def _status(status: str, context: Context) -> str:
    return context.say(f"ui.diff.status.{status}")


def _figures(one: CheckPair, context: Context) -> Line:
    """Return how far from the reference, before and after, and how far it may be."""
    if one.distances is None:
        return ()
    told = _change(one.distances, context)
    most = one.tolerances
    if most is None:
        return told
    if most.differs:
        return line(told, f" ({context.marks.at_most} ", _change(most, context), ")")
    if not isinstance(most.after, float):
        return told
    over = isinstance(one.distances.after, float) and one.distances.after > most.after
    sign = ">" if over else context.marks.at_most
    return line(told, Span(f" ({sign} {figure(most.after)})", "quiet"))


def _accuracy(pair: Pair, context: Context) -> Line:
    return line(f"{pair.name} ", _change(pair, context))


def _speed(speed: Speed, context: Context) -> Iterator[Line]:
    if not speed.measures and not speed.checks:
        yield from _same(context.say("ui.diff.no_speed"), context)
        return
    shown = [one for one in (*speed.measures, *speed.checks) if one.pace != "same" or context.verbose]
    yield from table([_paced(one, context) for one in shown], context.width, right=(2,), marked=True)
    for key, found in (("ui.diff.noise_measures", speed.measures), ("ui.diff.noise_checks", speed.checks)):
        quiet = [one for one in found if one.pace == "same"]
        if quiet:
            noise = context.say("ui.comma").join(_noises(quiet))
            yield from _same(context.say(key, n=len(quiet), noise=noise), context)
    if any(one.pace == "slower" for one in shown):
        yield from sentence(
            line(Span(context.say("ui.diff.busy"), "quiet")),
            context,
            Span(f"  {context.marks.point}", "quiet"),
        )


def _noises(found: Sequence[Paced]) -> Iterator[str]:
    """Yield what counts as noise, unit by unit."""
    shares: dict[float, list[str]] = {}
    for one in found:
        units = shares.setdefault(one.noise, [])
        if one.unit not in units:
            units.append(one.unit)
    usual = min(shares)
    for share, units in sorted(shares.items()):
        yield f"{share:.0%}" if share == usual else f"{share:.0%} {'/'.join(units)}"


def _paced(one: Paced, context: Context) -> tuple[Line, ...]:
    marks: dict[str, tuple[str, Style]] = {
        "faster": (context.marks.faster, "good"),
        "slower": (context.marks.slower, "bad"),
        "same": ("=", "quiet"),
    }
    mark, style = marks[one.pace]
    written = [_written(one, value) for value in (one.before, one.after)]
    unit = "" if one.unit == "s" else f" {one.unit}"
    change = line(Span(written[0], "quiet"), f" {context.marks.arrow} {written[1]}{unit}")
    ratio = f"{figure(one.ratio)}{context.marks.times}"
    said = ratio if one.pace == "same" else context.say(f"ui.diff.pace.{one.pace}", ratio=ratio)
    row = (line(Span(mark, style)), line(one.name), change, line(Span(said, style)))
    return (*row, line(Span(_bar(one.ratio, context), style))) if context.width >= WIDE else row


def _written(one: Paced, value: float) -> str:
    return duration(value) if one.unit == "s" else figure(value)


def _bar(ratio: float, context: Context) -> str:
    """Return the speed as a bar: up to the mark is as fast as before, beyond it faster."""
    cells = round(min(max(ratio, 0.0), 2.0) * BAR)
    below, above = min(cells, BAR), max(cells - BAR, 0)
    return f"{context.marks.bar * below}{' ' * (BAR - below)}{context.marks.rule}{context.marks.bar * above}"


def _machine(machine: Machine, context: Context) -> Iterator[Line]:
    if not machine.told:
        key = "ui.diff.facts_unknown"
        if any(_told(pair) for pair in machine.facts):
            key = "ui.diff.facts_differ" if machine.differs else "ui.diff.facts_same"
        sign = Span("  ~", "warning") if machine.differs else Span("  =", "quiet")
        yield from sentence(context.say(key), context, sign)
        return
    yield from _pairs(machine.facts, context)
    same = sum(not pair.differs for pair in machine.facts)
    if not machine.differs:
        yield from _same(context.say("ui.diff.same_machine"), context)
    elif same and not context.verbose:
        yield from _same(context.say("ui.diff.same_facts", n=same), context)


def _summary(difference: Difference, context: Context) -> Iterator[Line]:
    said = []
    if difference.versions is not None and _knows(difference.versions):
        said.append(_sum("versions", difference.versions.differs))
    if difference.numerics is not None and not difference.numerics.unproven:
        said.append(_sum("numerics", difference.numerics.differs))
    if difference.speed is not None:
        said += list(_pace(difference.speed))
    if difference.machine is not None and any(_told(pair) for pair in difference.machine.facts):
        said.append(_sum("machine", difference.machine.differs))
    if not said:
        yield from _same(context.say("ui.diff.nothing_known"), context)
        return
    told = context.say("ui.comma").join(context.say(key, **({"n": n} if n else {})) for key, n in said)
    broken = difference.numerics is not None and any(
        one.after == "failed" != one.before for one in difference.numerics.checks
    )
    mark = context.mark("failed") if broken else context.mark("passed")
    if difference.differs and not broken:
        mark = Span(context.marks.warning, "warning")
    yield from sentence(line(Span(told, "strong")), context, mark)


def _knows(versions: Versions) -> bool:
    """Tell whether both sides say what is installed: the packages, or the digest of their lock."""
    return versions.packages is not None or any(_told(pair) for pair in versions.about if pair.name == "lock")


def _told(pair: Pair) -> bool:
    return None not in (pair.before, pair.after)


def _sum(part: str, differs: bool) -> tuple[str, int]:
    return f"ui.diff.sum.{part}.{'differ' if differs else 'same'}", 0


def _pace(speed: Speed) -> Iterator[tuple[str, int]]:
    found = (*speed.measures, *speed.checks)
    faster, slower = (sum(one.pace == pace for one in found) for pace in ("faster", "slower"))
    if faster:
        yield "ui.diff.sum.faster", faster
    if slower:
        yield "ui.diff.sum.slower", slower
    if found and not faster and not slower:
        yield "ui.diff.sum.pace", 0
