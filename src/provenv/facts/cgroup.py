"""What the control groups grant, v1 and v2: cores, memory, swap. Limits of all levels count, the least wins.

Source: the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{memory,cpusets}.rst,
scheduler/sched-bwc.rst.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .raw import Raw, whole

ASKS: list[dict[str, object]] = [
    {
        "name": "cgroup.limits",
        "kind": "builtin",
        "builtin": "cgroup",
        "how": "/sys/fs/cgroup",
        "systems": ["linux"],
    }
]

CPUSETS = ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus")
UNLIMITED = 1 << 60
"""v1 writes "no limit" as the largest number of pages; nothing real is near it."""


def levels(raw: Raw) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (version, files by name) of every group that this process is under."""
    found = raw.mapping("cgroup.limits").get("levels")
    for level in found if isinstance(found, list) else ():
        if isinstance(level, Mapping) and isinstance(level.get("files"), Mapping):
            yield whole(level.get("version")) or 0, level["files"]


def version(raw: Raw) -> int:
    """Return the version that governs memory (hybrid systems have both mounted); 0 where there is none."""
    for number, files in levels(raw):
        if number == 1 and "memory.limit_in_bytes" in files:
            return 1
    return next((number for number, _ in levels(raw) if number == 2), 0)


def cores(raw: Raw) -> float | None:
    """Return the cores granted by quota and cpuset; None where nothing limits them."""
    counts: list[float] = []
    for _, files in levels(raw):
        counts += _quota(files)
        # v1's effective list is empty in a group that was never given processors
        sets = [count_cpus(str(files.get(name, ""))) for name in CPUSETS]
        counts += [count for count in sets if count][:1]
    return min(counts) if counts else None


def _quota(files: Mapping[str, Any]) -> list[float]:
    if "cpu.max" in files:
        quota, _, period = str(files["cpu.max"]).strip().partition(" ")
    else:
        quota, period = str(files.get("cpu.cfs_quota_us", "")), str(files.get("cpu.cfs_period_us", ""))
    # `max` (v2) and -1 (v1) are no whole numbers here: unlimited
    numerator, denominator = whole(quota), whole(period or "100000")
    return [numerator / denominator] if numerator and denominator else []


def count_cpus(ranges: str) -> int:
    """Return how many processors a list like `0-3,8` names; 0 for what is not one."""
    return len(cpus(ranges))


def cpus(ranges: str) -> list[int]:
    """Return the processors that a list like `0-3,8` names; none for what is not one."""
    found: list[int] = []
    for part in ranges.strip().split(","):
        first, dash, last = part.partition("-")
        low, high = whole(first), whole(last if dash else first)
        if low is None or high is None or not low <= high < 1 << 16:
            return []
        found += range(low, high + 1)
    return found


def memory(raw: Raw) -> int | None:
    """Return the least memory limit in bytes; None where there is none."""
    return _least(raw, "memory.max", "memory.limit_in_bytes")


def swap(raw: Raw) -> int | None:
    """Return the least swap limit in bytes; v1 limits memory and swap together."""
    limits = [
        value for _, files in levels(raw) if (value := _bytes(files.get("memory.swap.max"))) is not None
    ]
    for _, files in levels(raw):
        both, own = (
            _bytes(files.get("memory.memsw.limit_in_bytes")),
            _bytes(files.get("memory.limit_in_bytes")),
        )
        if both is not None and own is not None:
            limits.append(max(both - own, 0))
    return min(limits) if limits else None


def room(raw: Raw) -> int | None:
    """Return the least of limit minus use, in bytes; page cache that can be dropped is not use."""
    rooms = []
    for _, files in levels(raw):
        limit = _bytes(files.get("memory.max", files.get("memory.limit_in_bytes")))
        used = whole(files.get("memory.current", files.get("memory.usage_in_bytes")))
        if limit is not None and used is not None:
            rooms.append(max(limit - max(used - _droppable(str(files.get("memory.stat", ""))), 0), 0))
    return min(rooms) if rooms else None


def _droppable(stat: str) -> int:
    lines = dict(line.split(" ", 1) for line in stat.splitlines() if " " in line)
    return whole(lines.get("total_inactive_file", lines.get("inactive_file"))) or 0


def _least(raw: Raw, *names: str) -> int | None:
    values = [_bytes(files.get(name)) for _, files in levels(raw) for name in names]
    return min([value for value in values if value is not None], default=None)


def _bytes(value: object) -> int | None:
    number = whole(value)
    return number if number is not None and number < UNLIMITED else None
