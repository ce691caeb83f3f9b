"""A file or a folder of this machine as a list of what is in it, and their digests."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ...errors import Exit, Failure, Problem, problem, verbatim

BLOCK = 1 << 20

Kind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True)
class Entry:
    """One file, folder or link. `path` is relative to the folder that is copied, `.` for that itself."""

    path: str
    kind: Kind
    size: int = 0
    executable: bool = False

    def like(self, other: Entry | None) -> bool:
        """Tell whether the other can be the same, as far as that is known without reading files."""
        return self == other and self.kind in ("file", "folder")


def kind_of(mode: int) -> Kind:
    """Return what a mode of stat(2) says that something is."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"


def entry_of(path: str, mode: int, size: int) -> Entry:
    """Return the entry of something with this mode and size."""
    kind = kind_of(mode)
    is_file = kind == "file"
    return Entry(path, kind, size if is_file else 0, is_file and bool(mode & stat.S_IXUSR))


@dataclass
class Tree:
    """What is in a folder of this machine, or one file in it; read once for all hosts.

    Digests are made when they are asked for.
    """

    root: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    findings: tuple[Problem, ...] = ()
    _digests: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a whole folder, not one file in it."""
        return "." in self.entries

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(one.size for one in self.entries.values())

    def at(self, path: str) -> Path:
        """Return where an entry lies."""
        return self.root if path == "." else self.root / path

    def digest(self, path: str) -> str:
        """Return the sha256 of a file, empty for one that can't be read any more."""
        with self._lock:
            found = self._digests.get(path)
            if found is None:
                found = self._digests[path] = _sha256(self.at(path))
        return found


def read_tree(source: str, shown: str = "") -> Tree:
    """Return what is at `source`, told as `shown`; a link that is named is followed, those below it are not.

    Raises Failure: PV1312 not there, PV1313 it can't be read.
    """
    root = Path(os.path.realpath(source))
    if not root.exists():
        raise Failure(problem("PV1312", path=shown or source))
    tree = Tree(root if root.is_dir() else root.parent)
    skipped: list[str] = []
    try:
        for path, status in _walk(root):
            one = entry_of(path, status.st_mode, status.st_size)
            if one.kind == "other":
                skipped.append(path)
            else:
                tree.entries[path] = one
    except OSError as error:
        raise unreadable(error, source) from error
    if skipped:
        tree.findings = (problem("PV1319", severity="warning", n=len(skipped), path=skipped[0]),)
    return tree


def unreadable(error: OSError, path: str) -> Failure:
    """Return the failure of something that is there and can't be read."""
    denied = isinstance(error, PermissionError)
    shown = str(error.filename or path)
    found = problem("PV1313", path=shown, why=verbatim(error.strerror or str(error)))
    return Failure(found, exit_code=Exit.DENIED if denied else Exit.FAILED)


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what is there, folders before what is in them, by name."""
    if not root.is_dir():
        yield root.name, root.stat()
        return
    yield ".", root.stat()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as found:
            inside = sorted(found, key=lambda one: one.name)
        for one in inside:
            path = f"{folder}{one.name}"
            yield path, one.stat(follow_symlinks=False)
        waiting += [f"{folder}{one.name}/" for one in inside if one.is_dir(follow_symlinks=False)]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()
