"""The view of `lock --download`: what lies in the folder, what does not, and how it is used."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...model.results import Download
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, wrap
from .sentences import passed


def lines(made: Download, context: Context) -> Iterator[Line]:
    """Yield what was downloaded, what is left out, and the command for the other machine."""
    counted = {"n": made.files, "fetched": made.fetched, "download_bytes": made.bytes}
    yield from passed(context.say("ui.download.done", folder=made.folder, **counted), context)
    comma = context.say("ui.comma")
    if made.tools:
        told = context.say("ui.download.tools", names=comma.join(made.tools))
        yield from wrap(prose(told, "quiet"), context.prose_width, first=line("  "))
    if made.left_out:
        told = context.say("ui.download.left_out", n=len(made.left_out), names=comma.join(made.left_out))
        yield from wrap(prose(told), context.prose_width, first=line("  "))
    yield BLANK
    yield from wrap(prose(context.say("ui.download.next"), "strong"), context.prose_width)
    yield line("  ", Span(f"provenv up --from {shlex.quote(made.folder)}", "code"))
