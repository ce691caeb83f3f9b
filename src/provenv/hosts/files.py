"""Writes that survive a kill and a power cut: whole or not at all.

The order is the known one: write beside, fsync, rename over, fsync the folder.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# what some network and shared file systems answer for a folder
WITHOUT_SYNC = (errno.EINVAL, errno.EOPNOTSUPP)
BESIDE = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)(-\d+)?")
"""The names of files that are written beside others: beside which, and by which process."""


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Give an OSError of the block the path that it is about, where only a descriptor was known."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write `content` to `path`; a reader sees the old file or the new one, also after a power cut.

    Without `mode` the file gets what the umask leaves.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with naming(path), os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.chmod(beside, 0o666 & ~_umask() if mode is None else mode)
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        # what failed is told, not that its remains could not be taken away: `left_beside` finds those
        with suppress(OSError):
            os.unlink(beside)
        raise
    sync_folder(path.parent)


def left_beside(folder: Path, names: re.Pattern[str] | None = None) -> Iterator[Path]:
    """Return what processes that are gone left in a folder while they wrote files beside others.

    `names` says which others, in a folder that isn't ours alone.
    """
    try:
        found = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    for entry in found:
        match = BESIDE.fullmatch(entry)
        if match is None or (names is not None and names.fullmatch(match["name"]) is None):
            continue
        if not _lives(int(match["pid"])):
            yield folder / entry


def _lives(pid: int) -> bool:
    if sys.platform == "win32":
        return False  # a file that somebody has open can't be removed there, so nothing is lost by trying
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # another user's
    return pid != os.getpid()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; a no-op where folders cannot be opened (Windows) or synced."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with naming(folder):
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
