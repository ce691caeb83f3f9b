"""Plain values as TOML, always in the same words: a lock is compared by its bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

BARE = re.compile(r"[A-Za-z0-9_-]+")


def inline(value: object) -> str:
    """Return a value as one line of TOML; entries that are None are left out of tables.

    Raises TypeError for what TOML can't hold.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        # a basic string of TOML is a string of JSON, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, Mapping):
        entries = [f"{key(name)} = {inline(entry)}" for name, entry in value.items() if entry is not None]
        return "{ " + ", ".join(entries) + " }" if entries else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(inline, value)) + "]"
    raise TypeError(f"no TOML for {type(value).__name__}")


def key(name: str) -> str:
    """Return a key, quoted where it has to be."""
    return name if BARE.fullmatch(name) else inline(name)


def lines(entries: Mapping[str, object]) -> list[str]:
    """Return one line per entry; a list of more than one table gets a line for each of them."""
    result = []
    for name, value in entries.items():
        if value is None:
            continue
        several = isinstance(value, (list, tuple)) and len(value) > 1 and isinstance(value[0], Mapping)
        if several:
            result += [f"{key(name)} = [", *(f"    {inline(one)}," for one in value), "]"]  # type: ignore[attr-defined]  # a sequence, as seen above
        else:
            result.append(f"{key(name)} = {inline(value)}")
    return result
