"""A command on one host as if it were here: this program's own standard streams, byte for byte."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

from ...hosts.ssh import SshChild, SshHost

BLOCK = 1 << 16

Write = Callable[[Literal["stdout", "stderr"], bytes], None]


def foreground(host: SshHost, words: Sequence[str], write: Write, stdin: int = 0) -> int:
    """Run a command there, hand it what comes on the descriptor `stdin`, hand on what it prints.

    Return its exit code. An exception (Ctrl-C, a reader that left) ends it there before it goes on.
    Raises Failure as SshHost does.
    """
    child = host.start(words)
    try:
        # a reader that waits for a terminal can't be called back: it ends with this process
        threading.Thread(target=_hand_over, args=(child, stdin), daemon=True).start()
        child.channel.pump(None, write)
    except BaseException:
        child.end()
        raise
    child.finish()
    return child.channel.code or 0


def _hand_over(child: SshChild, stdin: int) -> None:
    """Give the command what comes in, until nothing does or it takes no more."""
    with suppress(OSError, ValueError):
        while chunk := os.read(stdin, BLOCK):
            child.channel.write(chunk)
    child.channel.close_input()
