"""The view of `pull`: the proof of the image here, what it is, and the generation that it became."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import PullResult
from ..context import Context
from ..line import BLANK, Line, Span, line
from ..units import duration
from . import evidence as proof
from . import image
from .sentences import passed, section


def lines(result: PullResult, context: Context) -> Iterator[Line]:
    """Yield what `pull` came to."""
    number, target = result.generation.number, result.target
    if result.unchanged:
        yield from passed(context.say("ui.pull.unchanged", target=target, number=number), context)
        return
    if result.evidence is not None:
        yield from proof.lines(result.evidence, context)
    yield from image.lines(result.image, context)
    yield BLANK
    said = context.say("ui.pull.done", target=target, number=number, time=duration(result.seconds))
    yield from passed(line(Span(said, "good")), context)
    yield from section(context.say("ui.next"))
    yield line("  ", Span(f"provenv run --on {target} -- python", "code"))
