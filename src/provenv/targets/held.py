"""Files that are held by a running process: the operating system lets go when it ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # locks are mandatory there: a byte far behind the content keeps the content readable
    LOCKED_BYTE = 1 << 30
else:
    import fcntl


def open_held(path: Path) -> int:
    """Open (and make) a file that can be held; return its descriptor.

    Whom the umask lets may hold it too: a project can belong to a group.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def hold(handle: int, *, wait: bool) -> bool:
    """Hold the open file against all others; return False where somebody else does and `wait` is not set.

    Raises OSError where the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (BlockingIOError, PermissionError):
        return hold(handle, wait=True) if wait else False
    return True


def share_folder(folder: Path) -> int:
    """Hold a folder together with others, although it may not be written; return the descriptor.

    The descriptor alone is what Windows and file systems without locks give.
    """
    if sys.platform == "win32":
        return os.open(os.devnull, os.O_RDONLY)
    handle = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def is_shared(folder: Path) -> bool:
    """Return whether any process holds the folder by `share_folder`."""
    if sys.platform == "win32":
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return not hold(handle, wait=False)
    finally:
        os.close(handle)


def is_taken(handle: int) -> bool:
    """Return whether anybody holds the open file by `hold`; several may ask at once.

    Raises OSError where the file system has no locks.
    """
    if sys.platform == "win32":
        if not hold(handle, wait=False):
            return True
        os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        return False
    try:
        # shared: who asks must not look like a holder to another one who asks
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


@contextmanager
def edited(path: Path) -> Iterator[None]:
    """Hold a file that is replaced whole for the block, so that of two edits none is lost.

    Where it cannot be held (it may only be read, there are no locks) the block runs all the same.
    """
    handle = None
    with suppress(OSError):
        handle = _open_as_it_is(path)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _open_as_it_is(path: Path) -> int | None:
    """Open and hold the file that has the name; who held it before may have put another in its place."""
    while True:
        handle = os.open(path, os.O_RDWR)
        try:
            hold(handle, wait=True)
            now = os.stat(path)
            if os.path.samestat(os.fstat(handle), now):
                return handle
        except OSError:
            os.close(handle)
            return None
        os.close(handle)
