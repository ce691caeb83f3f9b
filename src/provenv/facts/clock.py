"""How far a place's clock is ahead of ours, from the times that the probe noted and those around it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..model.fleet import Clock


def clock(document: Mapping[str, object], before: float, after: float) -> Clock | None:
    """Return what the probe's document tells of the clock there; None where it tells nothing.

    The probe began there after `before` and ended before `after` (seconds since 1970, by our clock), so
    that the difference lies between two bounds (as in RFC 5905, where the error is half of the round trip).
    """
    said = document.get("clock")
    if not isinstance(said, list) or len(said) != 2:
        return None
    began, ended = _seconds(said[0]), _seconds(said[1])
    if began is None or ended is None:
        return None
    most, least = began[0] + began[1] - before, ended[0] - after
    if most < least:
        return None  # one of the clocks was set meanwhile
    return Clock((most + least) / 2, (most - least) / 2)


def _seconds(said: object) -> tuple[float, float] | None:
    """Return a time and how much may be missing of it: `date` may know whole seconds only."""
    found = re.match(r"(\d{1,12})(\.\d+)?", str(said))
    if found is None:
        return None
    return float(found[0]), 0.0 if found[2] else 1.0
