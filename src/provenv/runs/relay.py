"""What a command writes to standard error: handed on as it comes, its beginning and its end kept.

A process of its own does it, so that what the command leaves running can go on writing when we
are gone. A command that writes to a terminal gets a terminal (a pseudo-terminal of the same size),
any other a pipe. Not on Windows, which has neither fork nor pseudo-terminals of this kind.
"""

from __future__ import annotations

import errno
import mmap
import os
import signal
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from .pseudo_terminal import ends, same_size

KEPT = 1 << 18
"""Bytes of the beginning, and as many of the end."""

# how many bytes came, whether the command has ended, whether its last word was handed on
STATE = struct.Struct("=QBB")
ENDING, SEEN = 8, 9
DRAINED = 10.0
"""Seconds that are waited for a terminal or a reader that is slow to take the last words."""


@dataclass
class Relay:
    """The far end that a command gets as its standard error, and what was kept of its words.

    `stream` is the descriptor that it stands for: 2, or 1 where both come in one (a container's terminal).
    """

    descriptor: int
    _memory: mmap.mmap
    _process: int
    _mark: bytes
    stream: int = 2

    def end(self) -> bytes:
        """Return what the command said, when it has ended: all of it, or its beginning and its end.

        Something that the command left behind may still write: a mark behind its own last word
        tells the two apart.
        """
        self._memory[ENDING] = 1
        with suppress(OSError):  # nobody reads any more
            os.write(self.descriptor, self._mark)
        os.close(self.descriptor)
        deadline = time.monotonic() + DRAINED
        while not self._memory[SEEN] and time.monotonic() < deadline and not self._gone():
            time.sleep(0.001)  # for the other process, which has nothing else to do
        kept = _kept(self._memory)
        self._memory.close()
        return kept

    def _gone(self) -> bool:
        try:
            return os.waitpid(self._process, os.WNOHANG)[0] != 0
        except ChildProcessError:
            return True


def relay(error: int = 2) -> Relay | None:
    """Return a relay to the descriptor `error`, or None where there can be none."""
    if sys.platform == "win32":
        return None
    try:
        near, far = ends(error)
    except OSError:
        return None
    memory, mark = mmap.mmap(-1, STATE.size + 2 * KEPT), os.urandom(16)
    sys.stderr.flush()
    sys.stdout.flush()
    try:
        process = os.fork()
    except OSError:
        os.close(near)
        os.close(far)
        return None
    if process == 0:
        _hand_on(near, error, memory, mark)
    os.close(near)
    return Relay(far, memory, process, mark, error)


def _hand_on(near: int, error: int, memory: mmap.mmap, mark: bytes) -> None:
    """Be the other process: read, write, keep, until nobody can write any more. Never returns."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTOU, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGWINCH, lambda _number, _frame: same_size(near, error))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # no lease, no pipe of the user's may stay open on our account
    kept = sorted((near, error))
    for low, high in zip((-1, *kept), (*kept, 4096), strict=True):
        os.closerange(low + 1, high)
    total, begun = 0, b""
    while True:
        try:
            words = os.read(near, 1 << 16)
        except OSError as failed:
            if failed.errno == errno.EINTR:
                continue
            break  # a pseudo-terminal whose far end nobody holds any more
        if not words:
            break
        if memory[ENDING] and not memory[SEEN]:
            words, begun = _without_mark(begun + words, mark)
            total = _keep(memory, words, total)
            memory[SEEN] = begun == mark
        elif not memory[SEEN]:
            total = _keep(memory, words, total)
        try:
            while words:
                words = words[os.write(error, words) :]
        except OSError:
            break  # whoever read has left: the command is told so by its own end
    os._exit(0)


def _without_mark(words: bytes, mark: bytes) -> tuple[bytes, bytes]:
    """Return the words before and behind the mark, and the mark, or as much of it as has come."""
    before, found, behind = words.partition(mark)
    if found:
        return before + behind, mark
    come = next((n for n in range(len(mark) - 1, 0, -1) if words.endswith(mark[:n])), 0)
    return words[: len(words) - come], mark[:come]


def _keep(memory: mmap.mmap, words: bytes, total: int) -> int:
    """Put words where they belong: first the beginning is filled, then the end goes round."""
    for start in range(0, len(words), KEPT):
        piece = words[start : start + KEPT]
        if total < KEPT:
            first = piece[: KEPT - total]
            memory[STATE.size + total : STATE.size + total + len(first)] = first
            total += len(first)
            piece = piece[len(first) :]
        while piece:
            place = (total - KEPT) % KEPT
            part = piece[: KEPT - place]
            begin = STATE.size + KEPT + place
            memory[begin : begin + len(part)] = part
            total += len(part)
            piece = piece[len(part) :]
    memory[:ENDING] = struct.pack("=Q", total)
    return total


def _kept(memory: mmap.mmap) -> bytes:
    total, _ending, _seen = STATE.unpack(memory[: STATE.size])
    head = memory[STATE.size : STATE.size + min(total, KEPT)]
    if total <= KEPT:
        return head
    ring = memory[STATE.size + KEPT :]
    if total <= 2 * KEPT:
        return head + ring[: total - KEPT]
    place = (total - KEPT) % KEPT
    end = ring[place:] + ring[:place]
    # its first line is torn
    return head + b"\n" + end[end.find(b"\n") + 1 :]
