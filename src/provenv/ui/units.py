"""Sizes, durations and rates as the field writes them, the same in every language."""

from __future__ import annotations

DECIMAL = ("B", "KB", "MB", "GB", "TB", "PB")
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size(count: float, *, binary: bool = False) -> str:
    """Return `count` bytes as `831 MB` (powers of 1000), or `64 GiB` (of 1024) with `binary`.

    Packages and disks are counted in powers of 1000, memory in powers of 1024.
    """
    units, base = (BINARY, 1024.0) if binary else (DECIMAL, 1000.0)
    value = float(count)
    sign = "-" if value < 0 else ""
    value = abs(value)
    step = 0
    # 999.6 would be rounded to 1000 of its unit, so it already belongs to the next one
    while step + 1 < len(units) and round(value) >= base:
        value /= base
        step += 1
    if step == 0 or round(value, 1) >= 10:
        return f"{sign}{value:.0f} {units[step]}"
    return f"{sign}{value:.1f}".removesuffix(".0") + f" {units[step]}"


def duration(seconds: float) -> str:
    """Return `38 ms`, `1.4 s`, `42 s`, `2 min 05 s` or `1 h 03 min`."""
    if seconds < 0.0995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"


def rate(count: float, seconds: float) -> str:
    """Return `count` bytes in `seconds` as `38 MB/s`; empty where no time has passed."""
    return f"{size(count / seconds)}/s" if seconds > 0 else ""


def figure(value: float) -> str:
    """Return a measured value with three digits, as people write it: `41.2`, `1,240`, `2.1e-07`."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  # the only test of NaN
        return str(value)
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:.3g}"
