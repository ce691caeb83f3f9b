"""The fact `memory`: what the machine has, what the cgroup grants, swap, /dev/shm."""

from __future__ import annotations

import re

from ..model.facts import Memory
from . import cgroup
from .raw import Raw, fields, whole

ASKS: list[dict[str, object]] = [
    {"name": "memory.meminfo", "kind": "file", "path": "/proc/meminfo", "systems": ["linux"]},
    {
        "name": "memory.shm",
        "kind": "builtin",
        "builtin": "space",
        "path": "/dev/shm",  # noqa: S108 - it is asked for its size, not written to
        "systems": ["linux"],
        "apart": True,
    },
    {"name": "memory.vm_stat", "kind": "command", "argv": ["vm_stat"], "systems": ["darwin"]},
    {"name": "memory.swap", "kind": "command", "argv": ["sysctl", "vm.swapusage"], "systems": ["darwin"]},
]

MIB = 1 << 20


def read(raw: Raw) -> Memory:
    """Return the Memory in bytes; 0 where nothing said it."""
    total, available, swap = _meminfo(raw) or _darwin(raw) or _windows(raw)
    limit, room, swap_limit = cgroup.memory(raw), cgroup.room(raw), cgroup.swap(raw)
    shm = raw.mapping("memory.shm")
    there = shm.get("asked") == shm.get("path")  # else /dev/shm is missing and an ancestor was measured
    return Memory(
        total=total,
        available=available if room is None else min(available, room),
        granted=total if limit is None else min(total, limit) if total else limit,
        swap=swap if swap_limit is None else min(swap, swap_limit),
        shm_total=whole(shm.get("total")) if there else None,
        shm_free=whole(shm.get("free")) if there else None,
        cgroup_version=cgroup.version(raw),
    )


def _meminfo(raw: Raw) -> tuple[int, int, int] | None:
    info = {key: whole(value.split(" ")[0]) or 0 for key, value in fields(raw.out("memory.meminfo")).items()}
    if "MemTotal" not in info:
        return None
    free = info.get("MemFree", 0) + info.get("Buffers", 0) + info.get("Cached", 0)  # kernels before 3.14
    return info["MemTotal"] * 1024, info.get("MemAvailable", free) * 1024, info.get("SwapTotal", 0) * 1024


def _darwin(raw: Raw) -> tuple[int, int, int] | None:
    total = whole(raw.sysctl().get("hw.memsize"))
    if not total:
        return None
    printed = raw.out("memory.vm_stat")
    size = re.search(r"page size of (\d+) bytes", printed)
    pages = {key: whole(value.rstrip(".")) or 0 for key, value in fields(printed).items()}
    names = ("Pages free", "Pages inactive", "Pages speculative", "Pages purgeable")
    free = sum(pages.get(name, 0) for name in names) * (int(size[1]) if size else 4096)
    swap = re.search(r"total = ([\d.]+)M", raw.out("memory.swap"))
    return total, min(free, total), int(float(swap[1]) * MIB) if swap else 0


def _windows(raw: Raw) -> tuple[int, int, int]:
    said = raw.mapping("cpu.windows")
    total = whole(said.get("total")) or 0
    # the page file's total counts memory too
    return total, whole(said.get("available")) or 0, max((whole(said.get("page_total")) or 0) - total, 0)
