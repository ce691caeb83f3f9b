"""Files of an environment that are not what was installed."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.state import Drift
from ..context import Context
from ..line import Line, Span, line, table

FILES_SHOWN = 5


def drift(found: Drift, context: Context) -> Iterator[Line]:
    """Yield the files that are not as installed, by kind; all of them under --verbose."""
    kinds = (
        ("ui.drift.changed", "~", found.changed),
        ("ui.drift.missing", "-", found.missing),
        ("ui.drift.extra", "+", found.extra),
    )
    for key, sign, files in kinds:
        if not files:
            continue
        yield line("  ", Span(context.say(key, n=len(files)), "warning"))
        shown = files if context.verbose else files[:FILES_SHOWN]
        rows = [
            (line(Span(sign, "warning")), line(file), line(Span(found.owners.get(file, ""), "quiet")))
            for file in shown
        ]
        yield from table(rows, context.width, indent=4, marked=True)
        if len(shown) < len(files):
            yield line("    ", Span(context.say("ui.more", n=len(files) - len(shown)), "quiet"))
