"""How many checks run side by side: what the place grants decides."""

from __future__ import annotations

from ..model.facts import Facts

EACH = 1.5 * 2**30
"""Bytes that a check may need: a framework, its work, and a worker of its own."""
MOST = 4
"""More than these gain nothing: the longest check is longer than the others together."""
UNKNOWN = 2


def at_once(facts: Facts | None) -> int:
    """Return how many checks may run at the same time: one for each granted core, as far as memory lasts."""
    if facts is None or not facts.cpu.granted:
        return UNKNOWN
    cores = min(MOST, int(facts.cpu.granted))
    free = facts.memory.available or facts.memory.granted
    return max(1, min(cores, int(free / EACH)) if free else cores)
