"""One child process with a group of its own: started, drained, and ended whole."""

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
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING, Literal, cast

from ..lazy import load
from ..model.channel import Completed, Patience, Stall

if TYPE_CHECKING:
    from .watch import Watch

GRACE = 2.0
"""Seconds between the polite and the hard end of a group."""

LINGER = 1.0
"""Seconds that output is awaited after the command itself has ended (a child of it may hold the pipe)."""

POLL = 0.2 if sys.platform == "win32" else 1.0
"""Seconds of one wait: Windows delivers Ctrl-C only between two waits. POSIX interrupts the wait, but not for
a signal that came just before it, after the last look for one: that is dealt with when it is over."""

CHUNK = 1 << 16

Event = tuple[Literal["stdout", "stderr", "exit"], bytes | None]


class Lines:
    """Bytes in, whole lines out: keeps all that came, and tells each line once it is complete."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        self._tell = tell
        self._chunks: list[bytes] = []
        self._tail = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of output."""
        self._chunks.append(chunk)
        if self._tell is None:
            return
        head, newline, rest = chunk.rpartition(b"\n")
        if not newline:
            self._tail += chunk
            return
        complete = bytes(self._tail) + head
        self._tail = bytearray(rest)
        for line in complete.split(b"\n"):
            self._tell(line.decode("utf-8", "replace").removesuffix("\r"))

    def close(self) -> bytes:
        """Tell what is left as the last line, and return all that came."""
        if self._tell is not None and self._tail:
            self._tell(self._tail.decode("utf-8", "replace").removesuffix("\r"))
            self._tail.clear()
        return b"".join(self._chunks)


class Child:
    """A running command in its own session (POSIX) or process group (Windows).

    Readers and a waiter are threads because Windows cannot select on pipes; they only fill a queue, so
    that callbacks run in the caller's thread and an error in one reaches the caller.
    """

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str] | None, folder: str | None, stdin: bytes
    ) -> None:
        self._argv = tuple(argv)
        self._began = time.monotonic()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._open_streams = 2
        self._stalled: Stall | None = None
        # CREATE_NEW_PROCESS_GROUP is 0x200; the name exists on Windows only
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        self._process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=None if environment is None else dict(environment),
            cwd=folder,
            bufsize=0,
            start_new_session=True,
            creationflags=flags,
        )
        self._start(self._read, "stdout", self._process.stdout)
        self._start(self._read, "stderr", self._process.stderr)
        self._start(self._wait)
        if stdin:
            self._start(self._write, stdin)

    @staticmethod
    def _start(work: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _read(self, name: Literal["stdout", "stderr"], stream: IO[bytes]) -> None:
        with stream:
            while chunk := stream.read(CHUNK):
                self._events.put((name, chunk))
        self._events.put((name, None))

    def _write(self, content: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        view = memoryview(content)
        try:
            with stream:
                while view:
                    # an unbuffered pipe takes what it can, not all
                    view = view[stream.write(view) :]
        except OSError:
            return  # the command ended or closed its input: its exit code says what it thought of it

    def _wait(self) -> None:
        self._process.wait()
        self._events.put(("exit", None))

    def complete(
        self,
        limit: float | None,
        on_stdout: Callable[[str], None] | None,
        on_stderr: Callable[[str], None] | None,
        patience: Patience | None = None,
    ) -> Completed:
        """Drain the child until it ends or `limit` seconds are over; it never outlives this call.

        With `patience` it is ended as well when it stands still for too long.
        An exception (Ctrl-C, a callback's error) ends the whole group before it goes on.
        """
        outputs = {"stdout": Lines(on_stdout), "stderr": Lines(on_stderr)}
        watch = None if patience is None else cast("Watch", load("hosts.watch")(patience, self._process.pid))
        limits = [one for one in (limit, patience.total if patience else None) if one is not None]
        timed_out = True
        finished = False
        try:
            timed_out = not self._drain(outputs, self._began + min(limits) if limits else None, watch)
            finished = not timed_out
        finally:
            if not finished:
                self.end()
        if timed_out:
            self._drain(outputs, time.monotonic() + LINGER)
        # the waiter thread may hold the status still; wait() takes it from there
        code = self._process.wait()
        seconds = time.monotonic() - self._began
        return Completed(
            self._argv,
            code,
            outputs["stdout"].close(),
            outputs["stderr"].close(),
            seconds,
            timed_out,
            self._stalled,
        )

    def _drain(
        self, outputs: Mapping[str, Lines], deadline: float | None, watch: Watch | None = None
    ) -> bool:
        """Take events until the command is over; False when `deadline` came first, or nothing moved."""
        exited = self._process.returncode is not None
        next_look = math.inf if watch is None else time.monotonic() + watch.step
        while not exited or self._open_streams:
            now = time.monotonic()
            wait = POLL if deadline is None else min(POLL, deadline - now)
            if wait <= 0:
                break
            if watch is not None and now >= next_look:
                self._stalled = watch.stalled(now)
                if self._stalled is not None:
                    break
                next_look = now + watch.step
            try:
                event = self._events.get(timeout=max(0.0, min(wait, next_look - now)))
            except Empty:
                continue
            self._take(event, outputs)
            if watch is not None:
                watch.spoke()
            if event[0] == "exit":
                exited = True
                deadline = min(deadline or math.inf, time.monotonic() + LINGER)
        # a slow callback may have let events pile up: what is here already was printed in time
        for _ in range(self._events.qsize()):
            event = self._events.get()
            exited = exited or event[0] == "exit"
            self._take(event, outputs)
        return exited

    def _take(self, event: Event, outputs: Mapping[str, Lines]) -> None:
        name, chunk = event
        if chunk is not None:
            outputs[name].feed(chunk)
        elif name != "exit":
            self._open_streams -= 1

    def end(self) -> None:
        """End the command and everything in its group: politely, then after `GRACE` seconds hard."""
        try:
            self._signal(hard=False)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        finally:
            # also after a second Ctrl-C, and for members of the group that outlived their leader
            self._signal(hard=True)
            self._process.wait()
            self._await_group()

    def _await_group(self) -> None:
        """Wait until nobody of the group is left; not for long: the kernel may not let one go."""
        deadline = time.monotonic() + GRACE
        while sys.platform != "win32" and time.monotonic() < deadline:
            try:
                os.killpg(self._process.pid, 0)
            except (ProcessLookupError, PermissionError):
                return
            time.sleep(0.005)

    def _signal(self, *, hard: bool) -> None:
        if sys.platform == "win32":
            if hard:
                taskkill = ["taskkill", "/T", "/F", "/PID", str(self._process.pid)]
                subprocess.run(taskkill, capture_output=True, check=False)
            elif self._process.poll() is None:
                self._process.send_signal(signal.CTRL_BREAK_EVENT)
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL if hard else signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            return  # nobody is left, or only what changed its user
