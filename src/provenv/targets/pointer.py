"""What the one switch points to, read with `os` alone: a no-op asks this before anything is imported."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def pointed(link: str | Path) -> str | None:
    """Return where a link points, or what the pointer file in its place holds; None where nothing stands."""
    try:
        if os.path.islink(link):
            return os.readlink(link)
        with open(link, encoding="utf-8") as file:
            return file.read().strip() or None
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        # Windows tells a folder by a denied permission
        return None
