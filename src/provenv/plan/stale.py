"""Which of a generation's inputs are not what they were, in words."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import Text, text
from .inputs import moved


def stale(then: Mapping[str, str], now: Mapping[str, str]) -> tuple[Text, ...]:
    """Return one line for each input that differs; nothing means that nothing has to be done.

    Keys are `file:PATH` for declared files, `variable:NAME` for what they refer to, or one of `lock`, `pip`,
    `interpreter`, `driver`, `cgroup`, `variables`.
    """
    lines = []
    for key in moved(then, now):
        kind, _, path = key.partition(":")
        if kind == "file" and not now.get(key):
            lines.append(text("plan.stale.file_gone", file=path))
        elif kind == "file" and not then.get(key):
            lines.append(text("plan.stale.file_new", file=path))
        elif kind == "file":
            lines.append(text("plan.stale.file", file=path))
        elif kind == "variable":
            lines.append(text("plan.stale.variable", name=path))
        else:
            lines.append(text(f"plan.stale.{kind}"))
    return tuple(lines)
