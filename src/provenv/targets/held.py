"""Files that are held by a running process: the operating system lets go when it ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # locks are mandatory there: a byte far behind the content keeps the content readable
    LOCKED_BYTE = 1 << 30
else:
    import fcntl


def open_held(path: Path) -> int:
    """Open (and make) a file that can be held; return its descriptor."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def hold(handle: int, *, wait: bool) -> bool:
    """Hold the open file against all others; return False where somebody else does and `wait` is not set."""
    try:
        if sys.platform == "win32":
            os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (BlockingIOError, PermissionError):
        return hold(handle, wait=True) if wait else False
    return True
