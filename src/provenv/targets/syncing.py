"""A whole tree made durable, before anything points to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def sync_tree(folder: Path) -> None:
    """Make every file and folder below `folder` durable; many small fsyncs overlap in threads."""
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(_sync_one, _everything(folder), chunksize=64):
            pass


def _everything(folder: Path) -> Iterator[str]:
    for parent, _, files in os.walk(folder, onerror=_raise):
        yield from (os.path.join(parent, name) for name in files)
        if sys.platform != "win32":
            yield parent


def _raise(error: OSError) -> None:
    raise error


def _sync_one(path: str) -> None:
    if os.path.islink(path):
        return
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        # a package may ship an unreadable file; its owner's write-back still happens
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
