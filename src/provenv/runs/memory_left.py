"""How much memory a group may still take: what its control groups grant, what the machine has left.

Which files those are is found once; what they say is read by facts.cgroup.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..facts import cgroup
from ..facts.raw import Raw, fields, whole
from .control_groups import folders, read_text

FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat"),
    2: ("memory.max", "memory.current", "memory.stat"),
}


@dataclass(frozen=True)
class Memory:
    """Bytes: of the machine, granted to this process's group, and left of that now."""

    total: int = 0
    granted: int = 0
    left: int = 0


@dataclass(frozen=True)
class MemoryFiles:
    """The folders of the control groups that limit memory: (version, path)."""

    levels: tuple[tuple[int, str], ...] = ()

    def read(self) -> Memory | None:
        """Return what there is now; None where the system has no /proc/meminfo."""
        info = fields(read_text("/proc/meminfo"))
        total, available = _kibibytes(info.get("MemTotal")), _kibibytes(info.get("MemAvailable"))
        if not total:
            return None
        raw = self._raw()
        limit, room = cgroup.memory(raw), cgroup.room(raw)
        granted = total if limit is None else min(total, limit)
        return Memory(total, granted, available if room is None else min(available, room))

    def _raw(self) -> Raw:
        """Return the files as the probe would have brought them."""
        levels = [
            {"version": version, "files": {name: read_text(f"{path}/{name}") for name in FILES[version]}}
            for version, path in self.levels
        ]
        return Raw({"cgroup.limits": {"outcome": "read", "value": {"levels": levels}}})


def memory_files(process: int | str = "self") -> MemoryFiles:
    """Return the files that limit the memory of a process, this one if no other is named."""
    return MemoryFiles(folders("memory", FILES[1][0], FILES[2][0], process))


def _kibibytes(value: str | None) -> int:
    return (whole((value or "").split(" ")[0]) or 0) * 1024
