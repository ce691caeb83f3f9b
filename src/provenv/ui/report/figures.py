"""Numbers as the report writes them, the same in both languages."""

from __future__ import annotations

import math
from datetime import datetime, timezone


def percent(share: float, digits: int = 1) -> str:
    """Return a share of 0..1 as `98.9%`; never rounded up to 100% nor down to 0%."""
    value = share * 100
    step = 10.0**-digits
    if 0 < value < step:
        return f"<{step:.{digits}f}%"
    if 100 - step < value < 100:
        value = 100 - step
    return f"{value:.{digits}f}%" if value < 100 else "100%"


def scientific(value: float) -> str:
    """Return `4.3e-10`; numbers near one plainly."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞"
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def loss(value: float) -> str:
    """Return a loss with three significant digits."""
    return f"{value:.3g}" if value >= 1e-4 or value == 0 else scientific(value)


def short(digest: str) -> str:
    """Return the first 12 characters of a digest: enough to compare by eye."""
    return digest.partition(":")[2][:12] if digest.startswith("sha256:") else digest[:12]


def moment(when: str) -> str:
    """Return an ISO 8601 time as `2026-11-22 02:30 UTC`; what is none, as it is."""
    try:
        parsed = datetime.fromisoformat(when.replace("Z", "+00:00"))
    except ValueError:
        return when
    if parsed.tzinfo is None:
        return f"{parsed:%Y-%m-%d %H:%M}"
    return f"{parsed.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
