"""The view of `up`: at once where there was nothing to do, else what was done and its proof."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.plan import CreateEnvironment, Switch
from ...model.up_result import UpResult
from ..context import Context
from ..line import BLANK, Line, Span, line, prose
from ..units import duration
from . import evidence as proof
from .parts import about_generation, choices, passed, section, sentence, steps, tally


def lines(result: UpResult, context: Context) -> Iterator[Line]:
    """Yield what `up` came to."""
    if result.unchanged:
        yield from _ready(context.say("ui.up.unchanged", target=result.target), result, context)
        return
    if result.lock is not None and result.lock.choices:
        yield line(Span(context.say("ui.choices"), "strong"))
        yield from choices(result.lock.choices, context, refused=False)
        yield BLANK
    if result.plan is not None and any(isinstance(step, CreateEnvironment) for step in result.plan.steps):
        counted = tally(result.plan.steps, context)
        title = line(Span(context.say("ui.up.built"), "strong"), context.say("ui.colon"), counted)
        yield from sentence(title, context)
        yield from steps(result.plan.steps, context)
        yield BLANK
    if result.evidence is not None:
        yield from proof.lines(result.evidence, context)
    if result.evidence is None or result.evidence.passed:
        yield from _done(result, context)


def _done(result: UpResult, context: Context) -> Iterator[Line]:
    planned = result.plan.steps if result.plan else ()
    old = next((step.old for step in planned if isinstance(step, Switch)), None)
    key = "ui.up.done" if old is None else "ui.up.replaced"
    said = context.say(key, target=result.target, old=old or 0, time=duration(result.seconds))
    yield from _ready(said, result, context)
    yield from section(context.say("ui.next"))
    yield line("  ", Span("provenv run -- python", "code"))


def _ready(said: str, result: UpResult, context: Context) -> Iterator[Line]:
    about = about_generation(result.generation, context)
    yield from passed(line(Span(said, "good"), prose(context.say("ui.aside", words=about), "quiet")), context)
