"""What a run's processes used over time, as curves: from the lines of resources.jsonl of each attempt."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..model.runs import Curve
from .folder import RunFolder
from .observed import attempt_numbers
from .seen import number, records
from .thinning import Thinned

POINTS = 1000
LEVELS = ("cpu", "memory", "shm")
FLOWS = ("read", "written", "received", "sent")


def usage(folder: RunFolder, began: float = 0.0, *, points: int = POINTS) -> tuple[Curve, ...]:
    """Return curves of what was used, of at most `points` points each; their seconds count from `began`.

    `cpu` is in cores, `memory`, `shm` and `gpu_memory` (all GPUs together) in bytes, `gpu` the mean share of
    the GPUs' time, `read`, `written`, `received` and `sent` in bytes a second.
    """
    curves: dict[str, Thinned] = {}

    def add(name: str, at: float, value: float | None) -> None:
        if value is not None and math.isfinite(value):
            curve = curves.setdefault(name, Thinned(name, most=points))
            curve.add(max(int(at - began), 0), value, at)

    for attempt in attempt_numbers(folder):
        before: dict[str, Any] = {}
        for record in records(folder.resources(attempt)):
            at = number(record, "t")
            if at is None or not math.isfinite(at):
                continue
            for name in LEVELS:
                add(name, at, number(record, name))
            for name in FLOWS:
                add(name, at, _speed(before, record, name))
            _cards(record, at, add)
            before = record
    return tuple(curve.curve(began) for curve in curves.values())


def _speed(before: dict[str, Any], record: dict[str, Any], name: str) -> float | None:
    """Return the bytes a second between two lines of one attempt."""
    earlier, later = number(before, name), number(record, name)
    since, at = number(before, "t"), number(record, "t")
    if earlier is None or later is None or since is None or at is None or at <= since:
        return None
    return max(later - earlier, 0.0) / (at - since)


def _cards(record: dict[str, Any], at: float, add: Callable[[str, float, float | None], None]) -> None:
    found = record.get("gpus")
    cards = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    if not cards:
        return
    add("gpu_memory", at, sum(number(one, "memory") or 0.0 for one in cards))
    shares = [share for one in cards if (share := number(one, "utilisation")) is not None]
    if shares:
        add("gpu", at, sum(shares) / len(shares))
