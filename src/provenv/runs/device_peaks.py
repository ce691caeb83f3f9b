"""How long a device takes for a step's operations at its peak: what its utilisation (MFU) is measured by."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..model.tables import table

TERA = 1e12
REST = 0.01
"""The share of a step's operations that may be of types without a known peak."""


def least_seconds(operations: Mapping[str, float], device: str) -> float | None:
    """Return the seconds that these operations, by type, take at the device's peak; None where it is unknown.

    `device` is the name that it tells itself.
    """
    row = _row(device)
    total = sum(operations.values())
    if row is None or total <= 0:
        return None
    known = {kind: count for kind, count in operations.items() if row.get(kind)}
    if sum(known.values()) < (1 - REST) * total:
        return None
    return math.fsum(count / (row[kind] * TERA) for kind, count in known.items())


def _row(device: str) -> dict[str, Any] | None:
    return next((row for row in table("device_peaks")["rows"] if re.fullmatch(row["name"], device)), None)
