"""One running ssh process: its streams, the wrapper's words taken out of them, and how it came to its end."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import IO, Literal

from .process import CHUNK, GRACE, LINGER, POLL
from .ssh_tokens import Splitter, Token
from .ssh_wrapper import BEAT

Stream = Literal["stdout", "stderr"]
Take = Callable[[Stream, bytes], None]
Event = tuple[Literal["stdout", "stderr", "exit"], bytes | None]
WAITING = 64
"""Pieces of output that wait to be taken: who takes slowly slows the sender down, and memory stays small."""
SILENCE = 2 * BEAT + 1.0
"""Seconds without a sign of life after which a host is taken to hang: one may be late."""
NOISE = 1 << 16
"""Bytes that are kept of what a login shell prints by itself."""


class Channel:
    """An ssh process in a group of its own, and what the wrapper behind it has said so far.

    `watch` is the process there that ends the command when it is asked to; `refused` why it was not begun;
    `code` how it ended. `noise` is what came before the command began: banners, a login shell's own output.
    """

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], mark: str) -> None:
        self.began = False
        self.watch: int | None = None
        self.refused = ""
        self.code: int | None = None
        self.noise = bytearray()
        self._began = {"stdout": False, "stderr": False}
        self._ended = 0
        self._splitters = {"stdout": Splitter(mark), "stderr": Splitter(mark)}
        self._open_streams = 2
        self._exited = False
        self._given_up = threading.Event()
        self._writer: threading.Thread | None = None
        self._patience = math.inf
        self._heard = time.monotonic()
        self._events: Queue[Event] = Queue(WAITING)
        self._process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            bufsize=0,
            start_new_session=True,
        )
        self._start(self._read, "stdout", self._process.stdout)
        self._start(self._read, "stderr", self._process.stderr)
        self._start(self._wait)

    @staticmethod
    def _start(work: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        return thread

    def _put(self, event: Event) -> None:
        while not self._given_up.is_set():
            with suppress(Full):
                self._events.put(event, timeout=1.0)
                return

    def _read(self, name: Stream, stream: IO[bytes]) -> None:
        with stream:
            while chunk := stream.read(CHUNK):
                self._put((name, chunk))
                self._heard = time.monotonic()
        self._put((name, None))

    def _wait(self) -> None:
        self._process.wait()
        self._put(("exit", None))

    def write_later(self, content: bytes) -> None:
        """Send all of standard input, and close it, while the caller goes on."""
        self._writer = self._start(self._write_all, content)

    def _write_all(self, content: bytes) -> None:
        with suppress(OSError):
            self.write(content)
        self.close_input()

    def write(self, content: bytes) -> None:
        """Send the next piece of standard input. Raises OSError where nobody takes it any more."""
        stream = self._process.stdin
        assert stream is not None
        view = memoryview(content)
        while view:
            # an unbuffered pipe takes what it can, not all
            view = view[stream.write(view) :]

    def close_input(self) -> None:
        """Say that standard input ends here."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    @property
    def is_over(self) -> bool:
        """Tell whether all that the command printed has come, or nothing can come any more."""
        return self._ended == 2 or (self._exited and not self._open_streams)

    @property
    def silent_at(self) -> float:
        """Return when the host is taken to hang (time.monotonic) if nothing more is heard of it.

        While output waits to be taken, nobody listens to the host.
        """
        return (time.monotonic() if self._events.full() else self._heard) + SILENCE

    @property
    def exit_code(self) -> int | None:
        """Return the code of ssh itself, once it has ended."""
        return self._process.poll()

    def step(self, deadline: float | None, take: Take) -> bool:
        """Hand on the next piece that comes before `deadline`; False when that came first.

        Where ssh or the command has ended already, what a child of it still holds open is not awaited long.
        """
        until = min(math.inf if deadline is None else deadline, self._patience)
        while True:
            now = time.monotonic()
            try:
                event = self._events.get(timeout=max(0.0, min(POLL, until - now)))
            except Empty:
                if time.monotonic() >= until:
                    return False
                continue
            self._take(event, take)
            return True

    def pump(self, deadline: float | None, take: Take) -> bool:
        """Hand on all that comes until it is over; False when `deadline` came first."""
        while not self.is_over:
            if not self.step(deadline, take):
                return self._patience < math.inf
        return True

    def _take(self, event: Event, take: Take) -> None:
        name, chunk = event
        if name == "exit":
            self._exited = True
            self._patience = min(self._patience, time.monotonic() + LINGER)
            return
        if chunk is None:
            self._open_streams -= 1
            self._hand_on(name, self._splitters[name].close(), take)
            return
        for piece in self._splitters[name].feed(chunk):
            if isinstance(piece, Token):
                self._hear(name, piece)
            else:
                self._hand_on(name, piece, take)

    def _hand_on(self, name: Stream, piece: bytes, take: Take) -> None:
        if not self._began[name]:
            self.noise += piece[: NOISE - len(self.noise)]
        elif piece:
            take(name, piece)

    def _hear(self, name: Stream, token: Token) -> None:
        if token.word == "began":
            self.began = self._began[name] = True
        elif token.word == "watch":
            self.watch = int(token.argument)
        elif token.word == "refused":
            self.refused = token.argument
        elif token.word == "ended":
            self._ended += 1
            self._patience = min(self._patience, time.monotonic() + LINGER)
            if token.argument:
                self.code = int(token.argument)

    def close(self) -> None:
        """End the ssh process, where it has not ended, and let go of all that is still open."""
        # a thread that still writes closes it itself, when nobody reads: a descriptor in use stays open
        if self._writer is None:
            self.close_input()
        try:
            if self._ended:
                # it ends by itself now; only a child that the command has left behind keeps it
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(LINGER)
            self._signal(hard=False)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        finally:
            self._signal(hard=True)
            self._process.wait()
            self._given_up.set()
            if self._writer is not None:
                self._writer.join(LINGER)

    def cut(self) -> None:
        """End the ssh process from another thread than the one that reads, which sees the connection lost."""
        self._signal(hard=False)

    def _signal(self, *, hard: bool) -> None:
        if self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.terminate()
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL if hard else signal.SIGTERM)
