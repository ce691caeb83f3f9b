"""What the machine's facts add to a log: each finding has a name that rules may weigh, and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..errors import Text, text
from ..model.facts import Facts
from .scan import Log

SMALL_SHM = 1 << 30


def adds(log: Log, facts: Facts | None) -> dict[str, Text]:
    """Return what holds on this machine, by name; nothing where the facts are not known."""
    if facts is None:
        return {}
    found = {name: look(log, facts) for name, look in LOOKS.items()}
    return {name: words for name, words in found.items() if words is not None}


def _small_shm(log: Log, facts: Facts) -> Text | None:
    total = facts.memory.shm_total
    if total is None or total >= SMALL_SHM:
        return None
    return text("diagnosis.machine.shm_small", size_bytes=total)


LOOKS: Mapping[str, Callable[[Log, Facts], Text | None]] = {
    "machine.shm-small": _small_shm,
}
