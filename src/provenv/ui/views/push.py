"""The view of `push`: the names by which the image can be had, one a line and nothing else, for scripts."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import PushResult
from ..context import Context
from ..line import Line, line


def lines(result: PushResult, context: Context) -> Iterator[Line]:
    """Yield each name once; what was done is told beside it."""
    for pinned in dict.fromkeys(one.pinned for one in result.pushed):
        yield line(pinned)
