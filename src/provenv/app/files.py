"""Files that the user asked for by name: a plan, a report, a record."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import Exit, Failure, problem
from ..hosts.files import left_beside, write_whole
from ..hosts.refused import NO_ROOM, refused


def keep_text(path: Path, content: str) -> Path:
    """Write the file whole, in UTF-8. Raises Failure PV765 where it cannot be written."""
    return keep_bytes(path, content.encode())


def keep_bytes(path: Path, content: bytes) -> Path:
    """Write the file whole; one that is there keeps its mode, and a link stays one.

    Raises Failure PV765 where it cannot be written, PV460 where the disk is full.
    """
    goal = Path(os.path.realpath(path))
    _sweep(goal)
    try:
        write_whole(goal, content, stat.S_IMODE(goal.stat().st_mode) if goal.exists() else None)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise refused(error, str(path)) or error from error
        raise Failure(
            problem("PV765", path=str(path), reason=error.strerror or str(error)), exit_code=Exit.DENIED
        ) from error
    return path


def _sweep(goal: Path) -> None:
    """Take away what writers of this very file that are gone left beside it (a power cut, a kill)."""
    with suppress(OSError):
        for left in left_beside(goal.parent, re.compile(re.escape(goal.name))):
            left.unlink()
