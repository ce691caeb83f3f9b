"""A connection's private folder, for its socket and ssh's words; what killed processes left is removed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from .. import environ
from .holder import holder, is_left

LONGEST_SOCKET = 86
"""Bytes of a socket's path: macOS takes 104, and ssh makes it under a name that is 17 longer."""
PREFIX, OWNER = "provenv-", "owner"


def private_folder(environment: Mapping[str, str]) -> Path:
    """Return a new folder that this user alone can look into; the caller removes it. Raises OSError."""
    above = _short_folder(environment)
    _sweep(above)
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=above))
    (made / OWNER).write_text(holder(), encoding="utf-8")
    return made


@cache
def _sweep(above: str) -> None:
    """Remove, once in a process, what killed processes of this user have left: a socket that nobody uses."""
    if sys.platform == "win32":
        return
    with suppress(OSError), os.scandir(above) as entries:
        for one in entries:
            if one.name.startswith(PREFIX) and _is_left(one, os.getuid()):
                shutil.rmtree(one.path, ignore_errors=True)


def _is_left(entry: os.DirEntry[str], user: int) -> bool:
    """Tell whether this is a folder of that user's, made here by a process that is gone."""
    try:
        if not entry.is_dir(follow_symlinks=False) or entry.stat(follow_symlinks=False).st_uid != user:
            return False
        return is_left(Path(entry.path, OWNER).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False  # another thing, or one that is being made, or removed by its owner just now


def _short_folder(environment: Mapping[str, str]) -> str:
    """Return where private folders are made: this user's own place, if it leaves a socket's path short."""
    for variable in (environ.XDG_RUNTIME_DIR, environ.TMPDIR):
        named = environ.read(variable, environment)
        if named and len(os.fsencode(named)) < LONGEST_SOCKET - 32 and os.access(named, os.W_OK | os.X_OK):
            return named
    return tempfile.gettempdir() if sys.platform == "win32" else "/tmp"  # noqa: S108 - mkdtemp makes it private
