"""A network of this program's own: loopback and no way out, so that bridges of engines stay in it."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
"""linux/sched.h."""


@contextmanager
def own_network() -> Iterator[None]:
    """Be in a network namespace of its own for the block, threads and processes begun in it included.

    Raises OSError where that isn't allowed. unshare(2), setns(2); the calling thread has to be the main one.
    """
    with open("/proc/self/ns/net") as before:
        _call("unshare", CLONE_NEWNET)
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            _call("setns", before.fileno(), CLONE_NEWNET)


def _call(name: str, *arguments: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
