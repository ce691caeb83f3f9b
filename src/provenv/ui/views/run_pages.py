"""The view of `runs report` and of a comparison's page: where the file lies."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.run_report import PageWritten
from ..context import Context
from ..line import Line
from ..units import size
from .sentences import passed


def lines(page: PageWritten, context: Context) -> Iterator[Line]:
    """Yield the file's name and size."""
    yield from passed(context.say("ui.run_page.written", path=page.path, size=size(page.bytes)), context)
