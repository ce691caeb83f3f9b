"""A copy of a project's folder in which a training may write as it likes, and begins from nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..targets.names import FOLDER

LEFT_OUT = frozenset({FOLDER, ".git", ".hg", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
"""What the folder of a virtual or a conda environment has."""
CHECKPOINT = "step-*/manifest.json"
"""What a folder of provenv-runtime's checkpoints has."""
MOST = 2 << 30
"""Bytes that are copied without being asked for."""


class TooLarge(Exception):
    """The folder holds more than is copied; `largest` are its largest entries, with their bytes."""

    def __init__(self, size: int, largest: tuple[tuple[str, int], ...]) -> None:
        super().__init__(size)
        self.size = size
        self.largest = largest


@dataclass(frozen=True)
class Taken:
    """What is taken into a copy: files by their paths within the folder, and their bytes in all."""

    files: tuple[str, ...]
    links: tuple[str, ...]
    size: int


def taken(
    root: Path, *, linked: Collection[str] = (), without: Collection[str] = (), most: int = MOST
) -> Taken:
    """Return what a copy of `root` takes: no environment, no record, no checkpoint.

    `linked` paths are not copied but linked to, `without` ones are left out. Raises TooLarge, OSError.
    """
    files: list[str] = []
    links: list[str] = []
    sizes: dict[str, int] = {}
    shared = {os.path.normpath(one) for one in linked}
    hidden = {os.path.normpath(one) for one in without}
    for path, link, size in _walk(root, "", shared, hidden):
        if link:
            links.append(path)
            continue
        files.append(path)
        top = path.split(os.sep, 1)[0]
        sizes[top] = sizes.get(top, 0) + size
    total = sum(sizes.values())
    if total > most:
        largest = sorted(sizes.items(), key=lambda one: -one[1])[:3]
        raise TooLarge(total, tuple(largest))
    return Taken(tuple(files), tuple(links), total)


def _walk(root: Path, within: str, linked: set[str], without: set[str]) -> Iterator[tuple[str, bool, int]]:
    with os.scandir(root / within) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            path = os.path.join(within, entry.name)
            if path in without or entry.name in LEFT_OUT:
                continue
            if path in linked:
                yield path, True, 0
            elif entry.is_symlink():
                yield path, False, 0
            elif entry.is_dir():
                if not _passed_over(Path(entry.path)):
                    yield from _walk(root, path, linked, without)
            elif entry.is_file():
                yield path, False, entry.stat().st_size


def _passed_over(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in ENVIRONMENT) or any(folder.glob(CHECKPOINT))


def copy(root: Path, what: Taken, to: Path, advance: Callable[[int], object] = lambda _bytes: None) -> None:
    """Copy what is taken to a new folder; `advance` is told the bytes of each file. Raises OSError."""
    to.mkdir(parents=True)
    for path in what.files:
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, target, follow_symlinks=False)
        if not target.is_symlink():
            advance(target.stat().st_size)
    for path in what.links:
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to((root / path).resolve(), target_is_directory=(root / path).is_dir())
