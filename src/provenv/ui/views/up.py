"""The view of `up`: at once where there was nothing to do, else what was done and its proof."""

from __future__ import annotations

from collections.abc import Iterator

from ...lazy import load
from ...model.plan import BuildImage, Change, CreateEnvironment, Install, Remove, Switch
from ...model.up_result import UpResult
from ..context import Context
from ..line import BLANK, Line, Span, line
from ..units import duration
from . import evidence as proof
from .parts import choices, steps, tally
from .sentences import ready, section, sentence, unchanged


def lines(result: UpResult, context: Context) -> Iterator[Line]:
    """Yield what `up` came to."""
    if result.unchanged:
        made = result.generation
        yield from unchanged(result.target, made.number, made.python, made.packages, context)
        return
    same_packages = result.image is not None and not _changes_packages(result)
    if result.lock is not None and result.lock.choices and not same_packages:
        yield line(Span(context.say("ui.choices"), "strong"))
        yield from choices(result.lock.choices, context, refused=False)
        yield BLANK
    if result.plan is not None and any(
        isinstance(step, (BuildImage, CreateEnvironment)) for step in result.plan.steps
    ):
        counted = tally(result.plan.steps, context)
        title = line(Span(context.say("ui.up.built"), "strong"), context.say("ui.colon"), counted)
        yield from sentence(title, context)
        yield from steps(result.plan.steps, context)
        yield BLANK
    if result.evidence is not None:
        yield from proof.lines(result.evidence, context)
    if result.image is not None:
        yield from load("ui.view.Image")(result.image, context)
        yield BLANK
    if result.evidence is None or result.evidence.passed:
        yield from _done(result, context)


def _changes_packages(result: UpResult) -> bool:
    """Tell whether any package came, went or changed."""
    planned = result.plan.steps if result.plan else ()
    return any(isinstance(step, (Install, Change, Remove)) for step in planned)


def _done(result: UpResult, context: Context) -> Iterator[Line]:
    planned = result.plan.steps if result.plan else ()
    old = next((step.old for step in planned if isinstance(step, Switch)), None)
    key = "ui.up.done" if old is None else "ui.up.replaced"
    said = context.say(key, target=result.target, old=old or 0, time=duration(result.seconds))
    made = result.generation
    yield from ready(said, made.number, made.python, made.packages, context)
    yield from section(context.say("ui.next"))
    on = f"--on {result.target} " if result.image is not None else ""
    yield line("  ", Span(f"provenv run {on}-- python", "code"))
