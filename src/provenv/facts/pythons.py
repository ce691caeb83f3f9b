"""The fact `pythons`: interpreters that can make environments: the one `python3` means, then newest first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model.facts import Python
from .raw import Raw

ASKS: list[dict[str, object]] = [
    {
        "name": "pythons.found",
        "kind": "builtin",
        "builtin": "pythons",
        "apart": True,
        "how": "PATH, ~/.pyenv, uv",
    }
]


def read(raw: Raw) -> tuple[Python, ...]:
    """Return the Pythons that answered; one file that several names lead to counts once."""
    found = []
    for said in raw.sequence("pythons.found"):
        if not isinstance(said, Mapping):
            continue
        version, _, implementation = str(said.get("out") or "").strip().partition("|")
        if re.fullmatch(r"3\.\d+\.\d+", version) and said.get("path"):
            source = str(said.get("source") or "")
            found.append(Python(str(said["path"]), version, implementation or "cpython", source))
    return tuple(sorted(found, key=_rank, reverse=True))


def _rank(python: Python) -> tuple[bool, tuple[int, ...], str]:
    version = tuple(int(part) for part in python.version.split("."))
    return python.source == "first", version, python.path
