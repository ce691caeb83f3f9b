"""Writing to streams that may be full, or that nobody reads any more."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO


class Unwritten(Exception):
    """Raised where data could not be written to standard output; its words are the system's reason."""


def write(stream: TextIO, words: str) -> None:
    """Write data. Raises BrokenPipeError where the reader has gone, Unwritten for any other reason."""
    write_all(stream, (words,))


def write_all(stream: TextIO, pieces: Iterable[str]) -> None:
    """Write data piece by piece, as it comes; raises as `write` does."""
    try:
        for piece in pieces:
            stream.write(piece)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritten(error.strerror or str(error)) from error
    flush(stream)


def flush(stream: TextIO) -> None:
    """Write what waits in a stream of data; raises as `write` does."""
    try:
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritten(error.strerror or str(error)) from error


def tell(stream: TextIO, words: str) -> None:
    """Write what only tells how the work goes: work goes on though nobody can be told."""
    try:
        stream.write(words)
        stream.flush()
    except (OSError, ValueError):
        # ValueError: closed. What is left in the buffer would fail again at the end of Python
        try:
            number = stream.fileno()
        except (OSError, ValueError):
            return
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
