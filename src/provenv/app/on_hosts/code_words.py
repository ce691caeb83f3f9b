"""What is found of the project's files is told of images: the same in words that hold for hosts."""

from __future__ import annotations

from dataclasses import replace

from ...errors import Hint, Problem, Text, text

OTHERS = frozenset(
    (
        *("PV1090.why_out", "PV1090.why_absolute", "PV1090.hint_copy"),
        *("PV1091", "PV1091.hint_mount"),
        *("PV1092", "PV1092.unshown", "PV1092.hint_pass"),
        *("PV1093", "PV1093.why", "PV1093.hint_mount"),
        *("PV1094.why", "PV1095", "PV1099", "PV1100"),
    )
)
"""Words that speak of an image; those for hosts have `_hosts` behind their key."""


def as_of_hosts(found: Problem) -> Problem:
    """Return what was found of a project's files in the words that hold where they are sent to hosts."""
    what = _other(found.what)
    hints = tuple(Hint(None if one.text is None else _other(one.text), one.command) for one in found.hints)
    return replace(found, what=what, why=None if found.why is None else _other(found.why), hints=hints)


def _other(words: Text) -> Text:
    return text(_key(words.key), **words.args) if words.key in OTHERS else words


def _key(key: str) -> str:
    return f"{key}_hosts" if "." in key else f"{key}.what_hosts"
