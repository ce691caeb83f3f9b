"""A project's files on the disk: what each one is, asked once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..model.spec import Spec

ORIGIN = b"provenv render "
"""Stands at the head of whatever was rendered (render.ORIGIN)."""
HEAD = 2000


class Tree:
    """A project's folder; paths in it are relative, with `/` between their parts."""

    def __init__(self, root: Path) -> None:
        self.root = os.fspath(root)
        self.real = os.path.realpath(root)
        self._known: dict[str, os.stat_result] = {}

    def path(self, name: str) -> str:
        """Return where a file lies."""
        return os.path.join(self.root, name)

    def status(self, name: str) -> os.stat_result:
        """Return what lstat says. Raises OSError."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = os.lstat(self.path(name))
        return known

    def size(self, name: str) -> int:
        """Return a file's bytes, 0 for a link."""
        return 0 if self.is_link(name) else self.status(name).st_size

    def is_link(self, name: str) -> bool:
        """Tell whether it is a symbolic link."""
        return stat.S_ISLNK(self.status(name).st_mode)

    def is_file(self, name: str) -> bool:
        """Tell whether it is a regular file, and no link to one; False where there is nothing."""
        try:
            return stat.S_ISREG(self.status(name).st_mode)
        except OSError:
            return False

    def is_program(self, name: str) -> bool:
        """Tell whether it may be executed and says by what (`#!`)."""
        if not self.status(name).st_mode & stat.S_IXUSR or not self.is_file(name):
            return False
        return self.head(name, 2) == b"#!"

    def is_rendered(self, name: str) -> bool:
        """Tell whether a file was rendered: it makes the image and is no part of it."""
        return self.is_file(name) and ORIGIN in self.head(name, HEAD)

    def head(self, name: str, length: int) -> bytes:
        """Return the first bytes of a file. Raises OSError."""
        with open(self.path(name), "rb", buffering=0) as file:
            return file.read(length)


def commands(spec: Spec, *more: str) -> tuple[str, ...]:
    """Return every command line that may run in the image: the runs, the proof's, and `more`."""
    return (*(one.command for one in spec.runs.values()), *spec.prove.values(), *filter(None, more))
