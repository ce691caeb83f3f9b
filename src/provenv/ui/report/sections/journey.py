"""From folder to model: what was run, in order, and where the time went."""

from __future__ import annotations

from ...redact import redact
from ...units import duration
from ..charts.bars import meter
from ..context import Context
from ..markup import Html, tag


def section(context: Context) -> Html:
    """Return the steps as a list with a bar for each one's time; nothing where none are known."""
    commands = context.result.commands
    if not commands:
        return Html()
    longest = max(seconds for _, seconds in commands) or 1.0
    return context.section(
        "journey",
        tag(
            "ol",
            [
                tag(
                    "li",
                    tag("code", redact(command)),
                    meter(seconds / longest),
                    tag("span", duration(seconds), class_="number"),
                )
                for command, seconds in commands
            ],
            class_="journey",
        ),
    )
