"""A command on a host that is written to and read from piece by piece: what travels is never in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Literal, Protocol

from ...hosts.ssh import SshChild, SshHost
from ...model.channel import Completed

KEPT = 1 << 16
"""Bytes of its last words that are kept."""


class Sink(Protocol):
    """What takes bytes."""

    def write(self, content: bytes, /) -> int:
        """Take them all."""


class Source(Protocol):
    """What gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Return so many, fewer at the end."""


class Streams(Protocol):
    """What `cp` needs of a host; `Channels` is the one over ssh."""

    def exec(self, argv: Sequence[str], *, stdin: bytes = b"") -> Completed:
        """Run a command and wait for it (see model.channel.Host)."""

    def feed(self, argv: Sequence[str], write: Callable[[Sink], None]) -> Completed:
        """Run a command and have `write` write its standard input; what it prints is not kept.

        It may end before it has taken everything: its exit code says why. What `write` raises is raised.
        """

    def drain(self, argv: Sequence[str], stdin: bytes, read: Callable[[Source], None]) -> Completed:
        """Run a command with `stdin` and have `read` read what it prints; what it leaves is passed over."""


class Gone(Exception):
    """Raised to the writer where nobody takes any more."""


class Channels:
    """The streams of a host over ssh."""

    def __init__(self, host: SshHost) -> None:
        self._host = host

    def exec(self, argv: Sequence[str], *, stdin: bytes = b"") -> Completed:
        """Run a command and wait for it. Raises Failure as SshHost does."""
        return self._host.exec(argv, stdin=stdin)

    def feed(self, argv: Sequence[str], write: Callable[[Sink], None]) -> Completed:
        """See Streams. Raises Failure as SshHost does, and what `write` raises."""
        child = self._host.start(argv)
        said = _Said()
        with ThreadPoolExecutor(1, thread_name_prefix="sender") as pool:
            try:
                writing = pool.submit(_write, child, write)
                child.channel.pump(None, said.take)
            except BaseException:
                child.end()
                raise
            try:
                child.finish()
            finally:
                # what could not be read here is the reason for whatever the host says of it
                writing.result()
        return said.completed(argv, child)

    def drain(self, argv: Sequence[str], stdin: bytes, read: Callable[[Source], None]) -> Completed:
        """See Streams. Raises Failure as SshHost does, and what `read` raises."""
        child = self._host.start(argv)
        said = _Said()
        try:
            child.channel.write_later(stdin)
            read(_Output(child, said))
            child.channel.pump(None, said.take)
        except BaseException:
            child.end()
            raise
        child.finish()
        return said.completed(argv, child)


class _Said:
    """The last words of a command's standard error."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def take(self, stream: Literal["stdout", "stderr"], piece: bytes) -> None:
        if stream == "stderr":
            self._kept += piece
            del self._kept[:-KEPT]

    def completed(self, argv: Sequence[str], child: SshChild) -> Completed:
        return Completed(tuple(argv), child.channel.code or 0, b"", bytes(self._kept))


class _Output:
    """What a command prints, as a file that is read."""

    def __init__(self, child: SshChild, said: _Said) -> None:
        self._channel = child.channel
        self._said = said
        self._held = bytearray()

    def take(self, stream: Literal["stdout", "stderr"], piece: bytes) -> None:
        if stream == "stdout":
            self._held += piece
        else:
            self._said.take(stream, piece)

    def read(self, size: int, /) -> bytes:
        while len(self._held) < size and not self._channel.is_over:
            if not self._channel.step(None, self.take):
                break
        piece = bytes(self._held[:size])
        del self._held[:size]
        return piece


class _Input:
    """A command's standard input, as a file that is written."""

    def __init__(self, child: SshChild) -> None:
        self._channel = child.channel

    def write(self, content: bytes, /) -> int:
        try:
            self._channel.write(content)
        except (OSError, ValueError):
            # ValueError: the command is over, and its pipe is closed here
            raise Gone from None
        return len(content)


def _write(child: SshChild, write: Callable[[Sink], None]) -> None:
    try:
        with suppress(Gone):
            write(_Input(child))
    finally:
        child.channel.close_input()
