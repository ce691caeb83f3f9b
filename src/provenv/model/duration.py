"""A length of time as users write it: `90s`, `10m`, `1.5h`."""

from __future__ import annotations

import re

_FORM = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smh])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def read_duration(words: str) -> float:
    """Return the seconds that `90s`, `10m` or `1.5h` mean. Raises ValueError for anything else."""
    found = _FORM.fullmatch(words.strip())
    if found is None or not float(found[1]):
        raise ValueError(words)
    return float(found[1]) * _SECONDS[found[2]]
