"""The three standard streams, whatever whoever started us made of them."""

from __future__ import annotations

import os
import sys


def open_streams() -> None:
    """Open what was closed (`>&-`) on the null device.

    Otherwise the next file that is opened gets the number of the closed stream,
    and what a child writes to its standard error lands in that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # the lowest free number is taken, which is this one: those below are open by now
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)
    # they stay open to the end
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def silence(number: int) -> None:
    """Lead a stream that nobody can read any more to the null device: Python flushes once more at its end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)
