"""The view of `version`: one line, and with --verbose where it runs."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import About
from ..context import Context
from ..line import Line, Span, line


def lines(about: About, context: Context) -> Iterator[Line]:
    """Yield name and version, so that scripts can read them; --verbose tells the rest."""
    yield line("provenv ", Span(about.version, "strong"))
    if context.verbose:
        said = context.say("ui.about.on", platform=about.platform, python=about.python, uv=about.uv)
        yield line("  ", said)
        yield line("  ", Span(about.executable, "quiet"))
