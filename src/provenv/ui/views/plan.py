"""The view of a plan: what would be added, changed and removed, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.plan import BuildImage, Plan
from ...model.results import PlanResult
from ..context import Context
from ..line import BLANK, Line, Span, line
from ..units import size
from .parts import choices, closing_steps, steps, tally
from .sentences import because, section, sentence


def lines(plan: Plan, context: Context) -> Iterator[Line]:
    """Yield the plan's steps, then its totals."""
    if not plan.steps:
        yield from sentence(context.say("ui.plan.nothing", target=plan.target), context)
        return
    head = context.say("ui.plan.head", target=plan.target, generation=plan.generation)
    yield from sentence(line(Span(head, "strong")), context)
    yield from because(plan.reasons, context)
    yield BLANK
    yield from steps(plan.steps, context)
    yield from closing_steps(plan.steps, context)
    yield BLANK
    yield from totals(plan, context)


def result_lines(result: PlanResult, context: Context) -> Iterator[Line]:
    """Yield the plan, preceded by the choices behind it where it does something."""
    if not result.plan.steps:
        yield from lines(result.plan, context)
        return
    if result.lock.choices:
        yield line(Span(context.say("ui.choices"), "strong"))
        yield from choices(result.lock.choices, context, refused=False)
        yield BLANK
    yield from lines(result.plan, context)
    yield from section(context.say("ui.next"))
    on = (
        f" --on {result.plan.target}" if any(isinstance(one, BuildImage) for one in result.plan.steps) else ""
    )
    yield line("  ", Span(f"provenv up{on}", "code"))


def totals(plan: Plan, context: Context) -> Iterator[Line]:
    """Yield the counts, and the bytes to fetch and to store."""
    counted = tally(plan.steps, context)
    if counted:
        yield from sentence(line(Span(counted, "strong")), context)
    sizes = context.say("ui.plan.sizes", download=size(plan.download), disk=size(plan.disk))
    if plan.unsized:
        sizes += context.say("ui.plan.unsized", n=plan.unsized)
    yield from sentence(sizes, context)
