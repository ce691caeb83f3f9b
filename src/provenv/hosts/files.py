"""Writes that survive a kill and a power cut: whole or not at all.

The order is the known one: write beside, fsync, rename over, fsync the folder. What a kill or a power cut
leaves beside is told by its name and is held by nobody.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import threading
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

BESIDE = re.compile(r"\..+\.provenv-\d+-\d+")
# what some network and shared file systems answer for a folder
WITHOUT_SYNC = (errno.EINVAL, errno.EOPNOTSUPP)


def beside(path: Path) -> Path:
    """Return the name under which this thread makes what will be `path`."""
    return path.with_name(f".{path.name}.provenv-{os.getpid()}-{threading.get_ident()}")


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write `content` to `path`; a reader sees the old file or the new one, also after a power cut.

    Without `mode` the file gets what the umask leaves.
    """
    made = beside(path)
    handle = _begin(made)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.chmod(made, 0o666 & ~_umask() if mode is None else mode)
            os.fsync(file.fileno())
            if sys.platform != "win32":
                # held until it has its name
                os.replace(made, path)
        if sys.platform == "win32":
            os.replace(made, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(made)
        raise
    sync_folder(path.parent)


def is_left(path: Path) -> bool:
    """Tell whether a file is one that `write_whole` began and nobody will end."""
    if not BESIDE.fullmatch(path.name):
        return False
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return _hold(handle, wait=False)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; a no-op where folders cannot be opened (Windows) or synced."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # fsync(2): "fd is bound to a special file which does not support synchronization"
        if error.errno not in WITHOUT_SYNC:
            raise
    finally:
        os.close(handle)


def _begin(path: Path) -> int:
    """Open a new file for writing and hold it, so that no clean-up takes it for left over."""
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        _hold(handle, wait=True)
        if sys.platform == "win32" or os.fstat(handle).st_nlink:
            return handle
        # a clean-up took it between the opening and the holding
        os.close(handle)


def _hold(handle: int, *, wait: bool) -> bool:
    """Hold an open file; False where somebody else does. Windows keeps what is open from being removed."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            return wait  # a file system without locks: nothing is known to be left
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
