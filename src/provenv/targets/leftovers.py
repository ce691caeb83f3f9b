"""What kills and power cuts leave beside a target's own files: half-written ones, the work of proofs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..hosts.files import BESIDE, is_left
from .held import hold
from .layout import Layout

# payload/prove.py: its folder is left over when nobody holds the script in it
PROVING = ".prove-"
SCRIPT = "prove.py"


def remove_leftovers(layout: Layout) -> int:
    """Remove them and return the bytes that are free now. The caller holds the target's guard."""
    freed = 0
    for path in [*_links(layout), *_files(layout)]:
        with suppress(OSError):
            size = path.lstat().st_size
            path.unlink()
            freed += size
    return freed + _remove_proving(layout.home)


def _files(layout: Layout) -> Iterator[Path]:
    generations = layout.generations.iterdir() if layout.generations.is_dir() else ()
    for folder in (layout.root, layout.home, layout.base, *generations):
        yield from (path for path in _named(folder) if path.is_file() and is_left(path))


def _links(layout: Layout) -> Iterator[Path]:
    """Yield links under the names that `make_link` makes them by; who makes one holds the guard."""
    for link in (layout.current, layout.editor_link):
        started = f".{link.name}."
        yield from (
            path for path in _named(link.parent) if path.is_symlink() and path.name.startswith(started)
        )


def _named(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if BESIDE.fullmatch(entry.name)]
    except OSError:
        return []


def _remove_proving(home: Path) -> int:
    """Remove the work folders of proofs that were killed."""
    if sys.platform == "win32" or not home.is_dir():
        return 0
    freed = 0
    # whoever begins a proof holds the folder until it holds its own script
    handle = os.open(home, os.O_RDONLY)
    try:
        if not hold(handle, wait=False):
            return 0
        for folder in home.glob(f"{PROVING}*"):
            if not _is_held(folder / SCRIPT):
                freed += sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
    return freed


def _is_held(script: Path) -> bool:
    try:
        handle = os.open(script, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not hold(handle, wait=False)
    finally:
        os.close(handle)
