"""Taking generations away: renamed out of sight first, so that a kill never leaves half of one in use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ..hosts.files import sync_folder
from ..model.results import Cleaned
from .layout import Layout
from .lease import leased
from .records import unfinished
from .sweep import sweep

TRASH = ".trash-"


def remove_generations(layout: Layout, numbers: Iterable[int], kept: Iterable[int] = ()) -> Cleaned:
    """Remove those generations that no running command holds, and what killed builds left.

    The caller holds the target's guard.
    """
    removed, held, freed = [], [], 0
    for number in numbers:
        folder = layout.generation(number)
        if leased(folder):
            held.append(number)
            continue
        freed += discard(folder)
        removed.append(number)
    for path in unfinished(layout):
        freed += discard(path)
    sweep(layout)
    return Cleaned(layout.target, tuple(removed), tuple(held), tuple(kept), freed)


def discard(path: Path) -> int:
    """Remove a folder or file and return the bytes that nothing else uses any more."""
    trash = path if path.name.startswith(TRASH) else path.with_name(TRASH + path.name)
    if trash != path:
        if trash.exists():
            discard(trash)
        os.rename(path, trash)
        # before its files leave the disk, its name has: a power cut leaves no half of it in use
        sync_folder(path.parent)
    if not trash.is_dir() or trash.is_symlink():
        size = trash.lstat().st_size
        trash.unlink()
        return size
    freed = sum(
        entry.st_size
        for parent, _, names in os.walk(trash)
        for entry in (os.lstat(os.path.join(parent, name)) for name in names)
        # a file with another link lives on in uv's cache or in another generation
        if entry.st_nlink == 1
    )
    shutil.rmtree(trash, onerror=_make_removable)
    return freed


def _make_removable(_: object, path: str, info: tuple[object, BaseException, object]) -> None:
    """Give a read-only folder its write permission and try once more."""
    if not isinstance(info[1], PermissionError):
        raise info[1]
    parent = os.path.dirname(path)
    os.chmod(parent, 0o700)
    if os.path.isdir(path) and not os.path.islink(path):
        os.chmod(path, 0o700)
        shutil.rmtree(path)
    else:
        os.unlink(path)
