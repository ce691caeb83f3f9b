"""The one switch: what is current is what one rename says."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from ..hosts.files import sync_folder, write_whole
from .pointer import pointed

__all__ = ["WITHOUT_LINKS", "make_link", "pointed", "switch"]

# what file systems without symbolic links answer: FAT and exFAT, some network and shared folders
WITHOUT_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP)


def switch(link: Path, destination: str) -> None:
    """Make `link` point to `destination` (relative to its folder) by one rename.

    Where links need a privilege (Windows) or the file system has none (FAT,
    some shared folders), `link` is a file that holds the destination.
    """
    if not make_link(link, destination):
        write_whole(link, destination.encode())


def make_link(link: Path, destination: str) -> bool:
    """Put a symbolic link in place by one rename; return False where there are none."""
    if sys.platform == "win32":
        return False
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        os.symlink(destination, beside)
    except OSError as error:
        if error.errno in WITHOUT_LINKS:
            return False
        raise
    try:
        os.replace(beside, link)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
    sync_folder(link.parent)
    return True
