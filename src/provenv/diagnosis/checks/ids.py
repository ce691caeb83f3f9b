"""The ids of all findings by their area: stable names for scripts, completion and the reference."""

from __future__ import annotations

from ...model.findings import Area

INSIDE: dict[Area, tuple[str, ...]] = {
    "project": ("shadowed-module",),
}

OUTSIDE: dict[Area, tuple[str, ...]] = {}


def ids() -> tuple[str, ...]:
    """Return every id, in order."""
    return tuple(sorted(one for part in (INSIDE, OUTSIDE) for names in part.values() for one in names))
