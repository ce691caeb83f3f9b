"""The control groups that a process is under: the folders of a controller, the inner groups first.

Sources: cgroups(7), proc_pid_mountinfo(5), the kernel's Documentation/admin-guide/cgroup-v2.rst.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePosixPath


def folders(controller: str, v1: str, v2: str, process: int | str = "self") -> tuple[tuple[int, str], ...]:
    """Return (version, folder) of every group above a process with the file `v1` or `v2` of its version."""
    mounts = _mounts(read_text(f"/proc/{process}/mountinfo"), controller)
    found = []
    for line in read_text(f"/proc/{process}/cgroup").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        version = 2 if number == "0" and not names else 1
        if version in mounts and (version == 2 or controller in names.split(",")):
            file = v1 if version == 1 else v2
            levels = _levels(path, *mounts[version])
            found += [(version, level) for level in levels if os.path.exists(f"{level}/{file}")]
    return tuple(found)


def read_text(path: str) -> str:
    """Return a file of the kernel's; empty where it is not there or closed to us."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _mounts(text: str, controller: str) -> dict[int, tuple[str, str]]:
    """Return (root, mount point) of the hierarchies that may hold the controller, by their version."""
    found = {}
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        words, kind = left.split(), right.split()
        if len(words) < 5 or len(kind) < 3:
            continue
        if kind[0] == "cgroup2":
            found[2] = words[3], words[4]
        elif kind[0] == "cgroup" and controller in kind[2].split(","):
            found[1] = words[3], words[4]
    return found


def _levels(path: str, root: str, point: str) -> Iterator[str]:
    """Yield the folders of a group and of all above it that can be seen."""
    # without a namespace of its own a container sees the host's path, and the mount's root is that path
    own, top = PurePosixPath(path), PurePosixPath(root)
    inside = own.relative_to(top) if own.is_relative_to(top) else PurePosixPath()
    if ".." in inside.parts:
        inside = PurePosixPath()
    for one in (inside, *inside.parents):
        yield str(PurePosixPath(point) / one)
