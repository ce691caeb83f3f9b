"""The end that a command writes to in place of the user's terminal or pipe, and the one that we read."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

if sys.platform != "win32":
    import fcntl
    import pty
    import termios


def ends(like: int) -> tuple[int, int]:
    """Return the end that is read and the one that a command gets in place of the descriptor `like`.

    A terminal of the same size where that is one, a pipe otherwise. Raises OSError where there is neither.
    """
    if sys.platform == "win32" or not os.isatty(like):
        return os.pipe()
    near, far = pty.openpty()
    shape = termios.tcgetattr(far)
    # the user's own terminal does what a terminal does with lines and echoes
    shape[1] &= ~termios.OPOST
    shape[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
    termios.tcsetattr(far, termios.TCSANOW, shape)
    same_size(near, like)
    return near, far


def same_size(near: int, like: int, rows: int | None = None) -> None:
    """Give a pseudo-terminal the size of the terminal `like`, where both are some; at most `rows` rows."""
    if sys.platform != "win32":
        with suppress(OSError):
            size = list(struct.unpack("4H", fcntl.ioctl(like, termios.TIOCGWINSZ, b"\0" * 8)))
            size[0] = min(size[0], rows or size[0])
            fcntl.ioctl(near, termios.TIOCSWINSZ, struct.pack("4H", *size))


@contextmanager
def as_it_was(descriptor: int) -> Iterator[None]:
    """Put a terminal's modes back after the block: who is killed asking for a password leaves no echo."""
    if sys.platform == "win32" or not os.isatty(descriptor):
        yield
        return
    modes = termios.tcgetattr(descriptor)
    try:
        yield
    finally:
        with suppress(OSError, termios.error):
            # from the background it would stop us, and isn't ours
            if os.tcgetpgrp(descriptor) == os.getpgrp():
                termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)
