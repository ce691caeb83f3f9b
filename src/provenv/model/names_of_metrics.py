"""How a metric's value is written: shares in percent, anything else with a few digits."""

from __future__ import annotations

import math

SHARES = ("accuracy", "precision", "recall", "f1", "f-score", "share", "auc", "iou", "dice", "top-", "top ")
"""What the names of metrics hold whose values are shares of one."""


def is_share(name: str) -> bool:
    """Tell whether a metric of this name is a share of one."""
    return any(one in name.lower().replace("_", " ") for one in SHARES)


def written(name: str, value: float) -> str:
    """Return a metric's value as people write it."""
    if not math.isfinite(value):
        return str(value)
    if is_share(name):
        # never rounded up to all of it, nor down to none
        if 0.9995 <= value < 1:
            return "99.9%"
        return "<0.1%" if 0 < value < 0.0005 else f"{value:.1%}"
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
