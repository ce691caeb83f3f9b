"""The views of what was done on the hosts of a target: a command's ends, files copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.fleet import FleetCopied, FleetRan, HostResult
from ...model.host_names import folded
from ..context import Context
from ..line import Line, Span, line, prose, wrap
from ..units import duration, size
from .sentences import passed, sentence

SINGLY = 16
"""So many hosts that failed have a line each; of more those that failed alike have one."""


def ran(value: FleetRan, context: Context) -> Iterator[Line]:
    """Yield a line for each host on which the command did not end well, and how many did.

    Of one host alone only what kept it from running: the rest is its own to say.
    """
    bad = [one for one in value.hosts if one.value != 0]
    if len(value.hosts) == 1:
        bad = [one for one in bad if one.problem is not None]
    yield from _failed(bad, context)
    if bad and len(value.hosts) > 1:
        well = len(value.hosts) - len(bad)
        told = prose(context.say("ui.fleet.some", well=well, n=len(value.hosts)), "quiet")
        yield from wrap(told, context.prose_width)


def copied(value: FleetCopied, context: Context) -> Iterator[Line]:
    """Yield what travelled, to or from how many hosts, and why it did not on others."""
    done = [one for one in value.hosts if one.ok]
    if len(value.hosts) > 1:
        # of one host alone it is the failure itself that says so
        yield from _failed([one for one in value.hosts if not one.ok], context)
    if done:
        total = sum(one.value or 0 for one in done)
        longest = max(one.seconds for one in done)
        key = "ui.fleet.copied" if total else "ui.fleet.copied_nothing"
        yield from passed(context.say(key, n=len(done), size=size(total), took=duration(longest)), context)


def _failed(bad: Sequence[HostResult[int]], context: Context) -> Iterator[Line]:
    groups: dict[str | int, list[HostResult[int]]] = {}
    for one in bad:
        alike = one.value or 0 if one.problem is None else one.problem.code
        groups.setdefault(one.host if len(bad) <= SINGLY else alike, []).append(one)
    for group in groups.values():
        names = Span(folded(one.host for one in group), "strong")
        told = line(names, context.say("ui.colon"), _why(group, context))
        yield from sentence(told, context, context.mark("failed"))


def _why(group: Sequence[HostResult[int]], context: Context) -> Line:
    first = group[0]
    if first.problem is None:
        took = duration(max(one.seconds for one in group))
        return prose(context.say("ui.fleet.code", code=first.value or 0, took=took))
    said = line(Span(f"[{first.problem.code}] ", "quiet"), context.prose(first.problem.what))
    if first.problem.why is None:
        return said
    return line(said, context.say("ui.colon"), context.prose(first.problem.why))
