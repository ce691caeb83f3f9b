"""The one switch: what is current is what one rename says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..hosts.files import sync_folder, write_whole


def switch(link: Path, destination: str) -> None:
    """Make `link` point to `destination` (relative to its folder) by one rename.

    On Windows, where links need a privilege, `link` is a file that holds the destination.
    """
    if sys.platform == "win32":
        write_whole(link, destination.encode())
        return
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    os.symlink(destination, beside)
    os.replace(beside, link)
    sync_folder(link.parent)


def pointed(link: Path) -> str | None:
    """Return what `switch` wrote last, or None."""
    try:
        return os.readlink(link) if link.is_symlink() else link.read_text().strip() or None
    except (FileNotFoundError, IsADirectoryError):
        return None
