"""The views of environments on hosts: what the commands that change them came to on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ...model.evidence import Evidence
from ...model.fleet import HostResult, by_problem
from ...model.fleet_up import (
    FleetCleaned,
    FleetPlanned,
    FleetProven,
    FleetRollback,
    FleetUp,
    HostMade,
    HostPlanned,
)
from ...model.host_names import folded
from ...model.plan import CreateEnvironment, Plan, Switch
from ...model.results import Cleaned
from ...model.state import Drift
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, table, wrap
from ..problems import details
from ..units import duration, size
from . import evidence as proof
from .cleaned import lines as cleaned_here
from .drifted import drift
from .fleet_facts import LONGEST
from .parts import choices, steps, tally
from .plan import lines as plan_lines
from .run_parts import shortened
from .sentences import passed, ready, section, sentence

T = TypeVar("T")
SECONDS = "ui.fleet.seconds"
"""The column, a last one, of how long it took."""
NARROW = 48
"""A terminal of fewer cells has room for a host's name and one thing more."""


def planned(found: FleetPlanned, context: Context) -> Iterator[Line]:
    """Yield the choices, the plan, and what of it every host lacks."""
    if found.plan.steps and found.lock.choices:
        yield line(Span(context.say("ui.choices"), "strong"))
        yield from choices(found.lock.choices, context, refused=False)
        yield BLANK
    if found.plan.steps or not found.changes:
        yield from plan_lines(found.plan, context)
    if found.changes:
        yield BLANK
        yield from _table(found.hosts, context, ("ui.fleet.python", "ui.fleet_up.has"), _planned, _to_do)
        yield from section(context.say("ui.next"))
        yield line("  ", Span(f"provenv up --on {found.target}", "code"))


def _planned(one: HostPlanned, context: Context) -> list[Line]:
    if one.has:
        has = line(context.say("ui.fleet_up.has_it"))
    elif one.files:
        sized = context.say("ui.plan.unsized", n=one.unsized) if one.unsized else ""
        has = line(context.say("ui.fleet_up.gets", n=one.files, size=size(one.bytes)), sized)
    else:
        has = line(context.say("ui.fleet_up.gets_nothing"))
    return [line(one.python), has]


def _to_do(one: HostPlanned, context: Context) -> Span:
    return context.mark("passed") if one.has else Span("+", "good")


def up(found: FleetUp, context: Context) -> Iterator[Line]:
    """Yield what was made, its proof, and how far every host is."""
    generation = found.generation
    if found.unchanged and generation is not None:
        words = context.say("ui.fleet_up.unchanged", target=found.target, n=len(found.hosts))
        python, packages = generation.python, generation.packages
        yield from ready(words, generation.number, python, packages, context)
        yield from _left(found, context)
        return
    shown = found.lock is not None and found.plan is not None and _makes(found.plan)
    if shown and (generation is not None or found.evidence is not None):
        yield from _made(found, context)
    if found.evidence is not None:
        yield from proof.lines(found.evidence, context)
        yield BLANK
    columns = ("ui.fleet_up.proof", "ui.fleet_up.environment", "ui.fleet_up.sent", SECONDS)
    yield from _table(found.hosts, context, columns, _up, _as_proven)
    yield from failed(found.hosts, context)
    if generation is not None:
        yield BLANK
        yield from _done(found, context)
    yield from _left(found, context)


def _makes(plan: Plan) -> bool:
    return any(isinstance(step, CreateEnvironment) for step in plan.steps)


def _made(found: FleetUp, context: Context) -> Iterator[Line]:
    if found.lock is not None and found.lock.choices:
        yield line(Span(context.say("ui.choices"), "strong"))
        yield from choices(found.lock.choices, context, refused=False)
        yield BLANK
    planned_ = found.plan.steps if found.plan is not None else ()
    counted = tally(planned_, context)
    title = line(Span(context.say("ui.up.built"), "strong"), context.say("ui.colon"), counted)
    yield from sentence(title, context)
    yield from steps(planned_, context)
    yield BLANK


def _up(one: HostMade, context: Context) -> list[Line]:
    key = "ui.fleet_up.installed" if one.installed else "ui.fleet_up.was_there"
    said = {"passed": "ui.history.passed", "failed": "ui.history.failed"}.get(
        one.proof, "ui.history.unproven"
    )
    proof_ = line(Span(context.say(said), "bad" if one.proof == "failed" else "plain"))
    return [proof_, line(context.say(key)), line(size(one.bytes) if one.bytes else "")]


def _as_proven(one: HostMade, context: Context) -> Span:
    return context.mark({"passed": "passed", "failed": "failed"}.get(one.proof, "skipped"))


def _done(found: FleetUp, context: Context) -> Iterator[Line]:
    generation, planned_ = found.generation, found.plan.steps if found.plan is not None else ()
    assert generation is not None, "the caller found it"
    old = next((step.old for step in planned_ if isinstance(step, Switch)), None)
    key = "ui.fleet_up.done" if old is None else "ui.fleet_up.replaced"
    said = context.say(
        key, target=found.target, n=len(found.hosts), old=old or 0, time=duration(found.seconds)
    )
    yield from ready(said, generation.number, generation.python, generation.packages, context)
    yield from section(context.say("ui.next"))
    yield line("  ", Span(f"provenv run --on {found.target} -- python", "code"))


def _left(found: FleetUp, context: Context) -> Iterator[Line]:
    if found.left:
        words = context.say("ui.fleet_up.left", n=len(found.left), hosts=folded(found.left))
        yield from sentence(prose(words, "quiet"), context)


def proven(found: FleetProven, context: Context) -> Iterator[Line]:
    """Yield the proof of all, then a row for each host."""
    yield from proof.lines(found.evidence, context)
    if any(one.value is None or one.value.outcomes for one in found.hosts):
        yield BLANK
        yield from _table(found.hosts, context, ("ui.fleet_up.proof",), _proof, _passed)
    yield from failed(found.hosts, context)


def _proof(one: Evidence, context: Context) -> list[Line]:
    return [line(proof.counts(one, context))]


def _passed(one: Evidence, context: Context) -> Span:
    return context.mark("passed" if one.passed else "failed")


def rollback(found: FleetRollback, context: Context) -> Iterator[Line]:
    """Yield the switch, and whether every host has the generation as it was proven."""
    changed = [one for one in found.hosts if one.value]
    said = context.say(
        "ui.fleet_up.rolled_back",
        target=found.target,
        old=found.old,
        new=found.new,
        n=len(found.hosts),
    )
    if found.done:
        yield from passed(said, context)
    if not changed:
        yield from passed(context.say("ui.fleet_up.intact", n=len(found.hosts)), context)
    for one in changed:
        warning = Span(context.marks.warning, "warning")
        yield from sentence(context.say("ui.fleet_up.drifted", host=one.host), context, warning)
        yield from drift(one.value or Drift(), context)


def cleaned(found: FleetCleaned, context: Context) -> Iterator[Line]:
    """Yield what went on the hosts and at home, and what stayed."""
    columns = ("ui.fleet_up.removed", "ui.fleet_up.held")
    yield from _table(found.hosts, context, columns, _cleaned)
    yield from failed(found.hosts, context)
    yield BLANK
    yield from cleaned_here(found.home, context)


def _cleaned(one: Cleaned, context: Context) -> list[Line]:
    comma = context.say("ui.comma")
    return [line(comma.join(map(str, one.removed)) or "-"), line(comma.join(map(str, one.held)) or "-")]


def _well(one: object, context: Context) -> Span:
    return context.mark("passed")


def _table(
    hosts: Sequence[HostResult[T]],
    context: Context,
    columns: Sequence[str],
    row: Callable[[T, Context], list[Line]],
    sign: Callable[[T, Context], Span] = _well,
) -> Iterator[Line]:
    """Yield a row for each host: a sign, its name, what `row` says of it, perhaps how long it took."""
    if context.width < NARROW:
        columns = columns[:1]
    timed = columns[-1] == SECONDS
    count = len(columns) - timed
    rows = [[line(), *(line(Span(context.say(key), "quiet")) for key in ("ui.fleet.host", *columns))]]
    for one in hosts:
        mark = line(context.mark("failed") if one.value is None else sign(one.value, context))
        name = shortened(line(one.host), LONGEST, context)
        if one.value is None:
            code = one.problem.code if one.problem is not None else ""
            told = [line(Span(code, "bad")), *([BLANK] * (count - 1))]
        else:
            told = row(one.value, context)[:count]
        rows.append([mark, name, *told, *([line(duration(one.seconds))] if timed else [])])
    right = (len(rows[0]) - 1,) if timed else ()
    yield from table(rows, context.width, indent=0, right=right, marked=True)


def failed(hosts: Sequence[HostResult[T]], context: Context) -> Iterator[Line]:
    """Yield why some failed, alike ones together."""
    for group in by_problem(tuple(hosts)):
        problem = group[0].problem
        if problem is None:
            continue
        yield BLANK
        head = line(Span(context.marks.failed, "bad"), " ")
        count = context.say("ui.fleet.hosts", n=len(group), hosts=folded(one.host for one in group))
        yield from wrap(line(Span(count, "strong")), context.prose_width, first=head)
        code = line("  ", Span(f"[{problem.code}] ", "bad"))
        yield from wrap(context.prose(problem.what), context.prose_width, first=code, hang=2)
        yield from details(context.words(problem.why) if problem.why else None, problem.hints, context)
