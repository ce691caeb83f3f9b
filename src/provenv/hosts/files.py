"""Writes that survive a kill and a power cut: whole or not at all.

The order is the known one: write beside, fsync, rename over, fsync the folder.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path

# what some network and shared file systems answer for a folder
WITHOUT_SYNC = (errno.EINVAL, errno.EOPNOTSUPP)


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write `content` to `path`; a reader sees the old file or the new one, also after a power cut.

    Without `mode` the file gets what the umask leaves.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o666 & ~_umask() if mode is None else mode)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
    sync_folder(path.parent)


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


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
