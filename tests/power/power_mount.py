"""Mounts a disk in memory and records all that programs do to it: `power_mount.py FOLDER JOURNAL`.

It serves until it is unmounted and then writes the journal. `setxattr` of `user.mark` on the root puts a
mark into it.
"""

from __future__ import annotations

import errno
import os
import pickle
import stat
import sys
import time
from pathlib import Path
from typing import Any

from mfusepy import FUSE, FuseOSError, Operations
from power_disk import ROOT, Disk, Operation

KINDS = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "link": stat.S_IFLNK}
SPACE = 1 << 40
# what lies behind this in a file (only a check that measures the disk writes so much) is not remembered
LARGEST = 1 << 20


class Recorder(Operations):
    """The file system: a Disk whose operations are kept."""

    use_ns = True

    def __init__(self, journal: Path) -> None:
        self.disk = Disk()
        self.operations: list[Operation] = []
        self.goal = journal

    def init(self, path: str) -> None:
        """Say that the disk is there."""
        print("mounted", flush=True)

    def destroy(self, path: str) -> None:
        """Write the journal."""
        self.goal.write_bytes(pickle.dumps(self.operations))

    def _do(self, *operation: Any) -> int:
        self.disk.apply(operation)
        self.operations.append(operation)
        return 0

    def _number(self, path: str | None, handle: int | None = None) -> int:
        number = handle or (self.disk.find(path) if path is not None else None)
        if number is None:
            raise FuseOSError(errno.ENOENT)
        return number

    def _place(self, path: str) -> tuple[int, str]:
        folder, name = os.path.split(path)
        return self._number(folder), name

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        number = self._number(path, fh)
        node = self.disk.nodes[number]
        return {
            "st_ino": number,
            "st_mode": KINDS[node.kind] | node.mode,
            "st_nlink": node.links,
            "st_size": len(node.content),
            "st_mtime": node.modified,
            "st_ctime": node.modified,
            "st_atime": node.modified,
            "st_uid": os.getuid(),
            "st_gid": os.getgid(),
            "st_blksize": 4096,
            "st_blocks": -(-len(node.content) // 512),
        }

    def readdir(self, path: str, fh: int) -> list[tuple[str, dict[str, int], int]]:
        number = self._number(path, fh)
        listed = {".": number, "..": number, **self.disk.nodes[number].names}
        # without numbers the C library leaves entries out
        return [
            (name, {"st_ino": one, "st_mode": KINDS[self.disk.nodes[one].kind]}, 0)
            for name, one in listed.items()
        ]

    def readlink(self, path: str) -> str:
        return os.fsdecode(bytes(self.disk.nodes[self._number(path)].content))

    def statfs(self, path: str) -> dict[str, int]:
        blocks = SPACE // 4096
        sizes = {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": blocks, "f_bfree": blocks, "f_bavail": blocks}
        return {**sizes, "f_files": 1 << 30, "f_ffree": 1 << 30, "f_namemax": 255}

    def open(self, path: str, flags: int) -> int:
        number = self._number(path)
        if flags & os.O_TRUNC and self.disk.nodes[number].content:
            self._do("truncate", number, 0, time.time_ns())
        return number

    def opendir(self, path: str) -> int:
        return self._number(path)

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        number = self.disk.newest + 1
        self._do("create", *self._place(path), number, stat.S_IMODE(mode))
        self._do("utimens", number, time.time_ns())
        return number

    def mkdir(self, path: str, mode: int) -> int:
        return self._do("mkdir", *self._place(path), self.disk.newest + 1, stat.S_IMODE(mode))

    def symlink(self, target: str, source: str) -> int:
        return self._do("symlink", *self._place(target), self.disk.newest + 1, os.fsencode(source))

    def link(self, target: str, source: str) -> int:
        return self._do("link", *self._place(target), self._number(source))

    def unlink(self, path: str) -> int:
        return self._do("unlink", *self._place(path))

    def rmdir(self, path: str) -> int:
        if self.disk.nodes[self._number(path)].names:
            raise FuseOSError(errno.ENOTEMPTY)
        return self._do("rmdir", *self._place(path))

    def rename(self, old: str, new: str) -> int:
        moved, replaced = self._number(old), self.disk.find(new)
        if replaced is not None and self.disk.nodes[replaced].names:
            raise FuseOSError(errno.ENOTEMPTY)
        if moved == replaced:
            return 0
        return self._do("rename", *self._place(old), *self._place(new), moved)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return bytes(self.disk.nodes[fh].content[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        if offset < LARGEST:
            self._do("write", fh, offset, data, time.time_ns())
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        return self._do("truncate", self._number(path, fh), length, time.time_ns())

    def chmod(self, path: str, mode: int) -> int:
        return self._do("chmod", self._number(path), stat.S_IMODE(mode))

    def chown(self, path: str, uid: int, gid: int) -> int:
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        modified = times[1] if times else time.time_ns()
        return self._do("utimens", self._number(path), modified)

    def flush(self, path: str, fh: int) -> int:
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        return self._do("fsync", fh)

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        return self._do("fsyncdir", fh)

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        if name != "user.mark" or self._number(path) != ROOT:
            raise FuseOSError(errno.ENOTSUP)
        return self._do("mark", value.decode())


if __name__ == "__main__":
    FUSE(
        Recorder(Path(sys.argv[2])),
        sys.argv[1],
        foreground=True,
        nothreads=True,
        hard_remove=True,
        use_ino=True,
        fsname="power",
    )
