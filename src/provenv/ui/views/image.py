"""The view of a built image: its name, its size and base, what a push made of it."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.image import Image
from ..context import Context
from ..line import Line, Span, line, table
from ..units import duration, size
from .sentences import section


def lines(image: Image, context: Context) -> Iterator[Line]:
    """Yield what is worth knowing of an image; with --verbose every layer."""
    yield from section(context.say("ui.image.head"))
    told = [
        ("ui.image.name", Span(image.reference, "strong")),
        ("ui.image.size", Span(context.say("ui.image.sized", size=size(image.size), n=len(image.layers)))),
        # a pulled one was built elsewhere, and may not say on what
        *([("ui.image.base", Span(image.base))] if image.base else []),
        *([("ui.image.built", Span(duration(image.seconds)))] if image.seconds else []),
    ]
    rows = [(line(Span(context.say(key), "quiet")), line(value)) for key, value in told]
    rows += [
        (line(Span(context.say("ui.image.pushed"), "quiet")), line(one.pinned)) for one in image.pushed[-1:]
    ]
    yield from table(rows, context.prose_width)
    if context.verbose:
        layers = [
            (line(size(one.size)), line(Span(one.made_by, "quiet"))) for one in image.layers if one.size
        ]
        yield from table(layers, context.prose_width, right=(0,))
