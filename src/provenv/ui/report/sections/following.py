"""What to type next: commands that can be run as they stand."""

from __future__ import annotations

import shlex

from ...redact import redact
from ..context import Context
from ..markup import Html, tag

COMMANDS = (
    ("status", "provenv status"),
    ("why", "provenv why accelerator"),
    ("prove", "provenv prove"),
    ("shell", "provenv shell"),
    ("own", "provenv init"),
)


def section(context: Context) -> Html:
    """Return the commands, each with what it does, first the one that goes to the folder."""
    rows = [("folder", f"cd {shlex.quote(context.result.folder)}")]
    rows += [("run", f"provenv run {shlex.quote(name)}") for name in list(context.result.spec.runs)[-1:]]
    rows += COMMANDS
    return context.section(
        "following",
        tag(
            "dl",
            [
                tag(
                    "div",
                    tag("dt", tag("code", redact(command))),
                    tag("dd", context.tell(f"report.following.{key}")),
                )
                for key, command in rows
            ],
            class_="commands",
        ),
    )
