"""The fact `disks`: the places that matter, each with its device, file system, size and free space."""

from __future__ import annotations

from ..model.facts import Disk
from .raw import Raw, whole

PURPOSES = ("project", "cache", "temp")


def asks(paths: tuple[str, str, str]) -> list[dict[str, object]]:
    """Return what to ask for the folders of project, cache and temporary files, in this order."""
    return [
        {"name": f"disks.{purpose}", "kind": "builtin", "builtin": "space", "path": path, "apart": True}
        for purpose, path in zip(PURPOSES, paths, strict=True)
    ]


ASKS: list[dict[str, object]] = [
    {"name": "disks.mount", "kind": "command", "argv": ["mount"], "systems": ["darwin"]},
]


def read(raw: Raw) -> tuple[Disk, ...]:
    """Return a Disk for each place that answered (a dead network mount does not)."""
    found = []
    for purpose in PURPOSES:
        said = raw.mapping(f"disks.{purpose}")
        total, free = whole(said.get("total")), whole(said.get("free"))
        if total is None or free is None:
            continue
        device, filesystem = str(said.get("device") or ""), str(said.get("filesystem") or "")
        if not device:
            device, filesystem = _mounted(raw.out("disks.mount"), str(said.get("asked") or ""))
        writable = said.get("writable") is True and said.get("readonly") is not True
        found.append(Disk(purpose, str(said.get("path") or ""), device, filesystem, total, free, writable))
    return tuple(found)


def _mounted(printed: str, path: str) -> tuple[str, str]:
    """Return device and type from macOS's `mount`: `/dev/disk3s5 on /System/Volumes/Data (apfs, local)`."""
    best, found = "", ("", "")
    for line in printed.splitlines():
        device, _, rest = line.partition(" on ")
        point, _, kinds = rest.rpartition(" (")
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if kinds and inside and len(point) > len(best):
            best, found = point, (device, kinds.split(",")[0].rstrip(")"))
    return found
