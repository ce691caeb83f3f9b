"""A project's files as an image gets them: their bytes, two modes, links as they are; one digest of all."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

BLOCK = 1 << 20
FILE, PROGRAM = 0o644, 0o755


def mode_of(status: os.stat_result) -> int:
    """Return the mode that a file has in an image: whether its owner may execute it is all that is kept."""
    return PROGRAM if status.st_mode & stat.S_IXUSR else FILE


class Digest:
    """A digest over files: each one's path, kind and content, in the order of their paths.

    Times, owners and the umask of a checkout do not enter: the same commit has the same digest everywhere.
    """

    def __init__(self) -> None:
        self._whole = hashlib.sha256(b"provenv context 1\n")

    def link(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        self._add(path, "link", hashlib.sha256(os.fsencode(target)).digest())

    def file(self, path: str, mode: int, content: bytes) -> None:
        """Add a file by the sha256 of its content."""
        self._add(path, "program" if mode == PROGRAM else "file", content)

    def _add(self, path: str, kind: str, content: bytes) -> None:
        name = os.fsencode(path)
        self._whole.update(b"%s %d %s\0%s" % (kind.encode(), len(name), name, content))

    def hexdigest(self) -> str:
        """Return the digest of all that was added."""
        return self._whole.hexdigest()


def digest(root: Path, files: Iterable[str]) -> tuple[str, int]:
    """Return the digest of a project's files, given in order, and their bytes. Raises OSError."""
    whole, size = Digest(), 0
    top = os.fspath(root)
    for name in files:
        path = os.path.join(top, name)
        if os.path.islink(path):
            whole.link(name, os.readlink(path))
            continue
        with open(path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            content = hashlib.sha256()
            while block := file.read(BLOCK):
                content.update(block)
                size += len(block)
        whole.file(name, mode_of(status), content.digest())
    return whole.hexdigest(), size
