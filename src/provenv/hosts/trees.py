"""What a file or folder holds, as digests; what was read before and looks the same is not read again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..model.data import DataFile
from .fetch import sha256_of

MOST_FILES = 2_000_000
LEVELS = 64
SETTLED = 2_000_000_000
"""Nanoseconds after which a file's time tells of every change: file systems count in up to two seconds."""


class TooMany(Exception):
    """More files, or levels of folders, than a set of data has."""


def scan(
    root: Path,
    known: Mapping[str, DataFile],
    *,
    wanted: Callable[[str], bool] = lambda path: True,
    advance: Callable[[int], None] = lambda size: None,
) -> tuple[DataFile, ...]:
    """Return every file below `root` (or `root` itself, as its name), sorted by path.

    A file that `known` has with the same size, time and inode keeps its digest; the others are read.
    `advance` hears of their bytes. Links are followed. Raises TooMany, OSError.
    """
    found: dict[str, os.stat_result] = {}
    if root.is_file():
        base, found[root.name] = str(root.parent), os.stat(root)
    else:
        base = str(root)
        _walk(base, "", (), found)
    return tuple(_seen(base, path, found[path], known, advance) for path in sorted(found) if wanted(path))


def digest_of(files: Mapping[str, str]) -> str:
    """Return the digest of a tree: the sha256 of what `sha256sum` prints of its files, sorted by path.

    `files` maps each path to its sha256.
    """
    digest = hashlib.sha256()
    for path, sha256 in sorted(
        (path.encode("utf-8", "surrogateescape"), sha256) for path, sha256 in files.items()
    ):
        digest.update(sha256.encode() + b"  " + path + b"\n")
    return digest.hexdigest()


def settled(files: Iterable[DataFile], now: int) -> tuple[DataFile, ...]:
    """Return the files whose time will tell of a change after `now` (ns): not what was just written."""
    return tuple(one for one in files if one.changed < now - SETTLED)


def _seen(
    base: str,
    path: str,
    state: os.stat_result,
    known: Mapping[str, DataFile],
    advance: Callable[[int], None],
) -> DataFile:
    before = known.get(path)
    if (
        before is not None
        and before.size == state.st_size
        and before.changed == state.st_mtime_ns
        and before.inode == state.st_ino
    ):
        return before
    digest = sha256_of(Path(base, path))
    advance(state.st_size)
    return DataFile(path, state.st_size, state.st_mtime_ns, state.st_ino, digest)


def _walk(
    folder: str, prefix: str, above: tuple[tuple[int, int], ...], found: dict[str, os.stat_result]
) -> None:
    """Look at the files of one folder and those below; a link back to a folder above is passed over."""
    state = os.stat(folder)
    here = (state.st_dev, state.st_ino)
    if here in above:
        return
    if len(above) > LEVELS:
        raise TooMany(folder)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                _walk(entry.path, f"{prefix}{entry.name}/", (*above, here), found)
            elif entry.is_file():
                # asked by its name: what Windows lists has no inode
                found[prefix + entry.name] = os.stat(entry.path)
            if len(found) > MOST_FILES:
                raise TooMany(folder)
