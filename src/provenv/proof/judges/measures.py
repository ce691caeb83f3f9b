"""Judges the measurements: a figure is no failure, but it shows a throttled machine."""

from __future__ import annotations

from ...model.evidence import Check, Measure
from ..verdict import Raw, Verdict, passed


def judge_compute(check: Check, raw: Raw) -> Verdict:
    """Return GFLOP/s of matrix products per device and type."""
    rates = tuple(
        Measure(_named(f"matmul.{dtype}", device), round(rate, 1), "GFLOP/s")
        for device, dtype, rate in raw["rates"]
    )
    return passed(check, measures=rates, best=max((rate.value for rate in rates), default=0.0))


def judge_memory(check: Check, raw: Raw) -> Verdict:
    """Return GB/s of copies in memory per device."""
    rates = tuple(
        Measure(_named("memory.copy", device), round(rate, 2), "GB/s") for device, rate in raw["rates"]
    )
    return passed(check, measures=rates, best=max((rate.value for rate in rates), default=0.0))


def judge_storage(check: Check, raw: Raw) -> Verdict:
    """Return MB/s of flushed writes and of reads in the project's folder."""
    write, read = round(float(raw["write"]), 1), round(float(raw["read"]), 1)
    name = "storage.read" if raw["past_cache"] else "storage.read.cached"
    rates = (Measure("storage.write", write, "MB/s"), Measure(name, read, "MB/s"))
    return passed(check, measures=rates, write=write, read=read)


def _named(name: str, device: str) -> str:
    return name if device == "cpu" else f"{name}.{device}"
