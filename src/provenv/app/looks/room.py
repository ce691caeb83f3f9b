"""The file systems under project, cache and temporary files: what they are mounted with, entries left."""

from __future__ import annotations

import os

from ...diagnosis.ground import Ground
from ...model.looked import Room
from ..project import Project

MOUNTS = "/proc/self/mountinfo"


def look(project: Project) -> Ground:
    """Return a Room for each place."""
    cache, temporary = project.caches()
    mounts = _mounts()
    places = (("project", str(project.root)), ("cache", cache), ("temp", temporary))
    return Ground(rooms=tuple(_room(purpose, path, mounts) for purpose, path in places))


def _room(purpose: str, path: str, mounts: dict[str, tuple[str, ...]]) -> Room:
    there = path
    while not os.path.exists(there) and os.path.dirname(there) != there:
        there = os.path.dirname(there)
    real = os.path.realpath(there)
    mount = max((one for one in mounts if _is_below(real, one)), key=len, default="")
    entries: int | None = None
    free: int | None = None
    if hasattr(os, "statvfs"):
        told = os.statvfs(there)
        # btrfs and others count none
        entries, free = (told.f_files, told.f_favail) if told.f_files else (None, None)
    return Room(purpose, path, mount, mounts.get(mount, ()), entries, free)


def _mounts() -> dict[str, tuple[str, ...]]:
    """Return the options of each mount point (proc_pid_mountinfo(5)); those that came last are on top."""
    try:
        with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.split(" ") for line in file]
    except OSError:
        return {}
    return {row[4].replace("\\040", " "): tuple(row[5].split(",")) for row in rows if len(row) > 5}


def _is_below(path: str, mount: str) -> bool:
    return path == mount or path.startswith(mount.rstrip("/") + "/")
