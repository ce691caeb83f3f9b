"""A log wherever it lies - a file, a pipe, packed or not, in any encoding - as a stream of UTF-8."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import Exit, Failure, Hint, problem, text, verbatim
from ..model.progress import Progress, Task
from .log_bytes import readable, unpacked

BLOCK = 1 << 20
# a log that is read in a blink needs no progress
LONG = 16 << 20


@contextmanager
def opened(source: Path | None, standard: BinaryIO | None, progress: Progress) -> Iterator[Iterator[bytes]]:
    """Yield the log's blocks as UTF-8: the file's, or those of the standard input.

    A file that grows is read to where it ended when it was opened. Raises Failure PV903 where
    it can't be read, PV904 where it is no text, PV905 where it is empty.
    """
    if source is None:
        yield _told("-", standard or io.BytesIO(), None, progress)
        return
    name = str(source)
    try:
        with source.open("rb", buffering=0) as file:
            about = os.fstat(file.fileno())
            if stat.S_ISDIR(about.st_mode):
                raise IsADirectoryError(21, os.strerror(21))
            # what has no size of its own (a pipe, /proc) is read to its end
            size = about.st_size if stat.S_ISREG(about.st_mode) and about.st_size else None
            yield _told(name, file, size, progress)
    except OSError as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: OSError) -> Failure:
    """Return the failure of a log that can't be read."""
    denied = isinstance(error, PermissionError)
    hints: tuple[Hint, ...] = ()
    if isinstance(error, IsADirectoryError):
        hints = (Hint(text("PV903.hint_folder")),)
    elif isinstance(error, FileNotFoundError):
        hints = (Hint(text("PV903.hint_missing"), "COMMAND 2>&1 | provenv explain -"),)
    why = verbatim(error.strerror or str(error))
    code = Exit.DENIED if denied else Exit.FAILED
    return Failure(problem("PV903", why=why, hints=hints, path=name), exit_code=code)


def _told(name: str, file: BinaryIO | io.RawIOBase, size: int | None, progress: Progress) -> Iterator[bytes]:
    yield from readable(name, unpacked(name, _blocks(file, size, progress), progress))


def _blocks(file: BinaryIO | io.RawIOBase, size: int | None, progress: Progress) -> Iterator[bytes]:
    """Yield what the file holds; a long one is told as work."""
    read, task = 0, None
    while size is None or read < size:
        room = BLOCK if size is None else min(BLOCK, size - read)
        # a pipe gives what it has, so that what is read is not held back
        block = file.read1(room) if isinstance(file, io.BufferedReader) else file.read(room)
        if not block:
            break
        read += len(block)
        if read >= LONG or (size or 0) >= LONG:
            task = _advanced(task, read if task is None else len(block), size, progress)
        yield block
    if task is not None:
        task.finish(text("explain.read", size_bytes=read))


def _advanced(task: Task | None, amount: int, size: int | None, progress: Progress) -> Task:
    task = task or progress.task(text("explain.reading"), size, "bytes")
    task.advance(amount)
    return task
