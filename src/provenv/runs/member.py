"""One process of a group: started in a session of its own, its output read into a log and handed on."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .events import Closed, Events, Exited, Printed
from .living import KILL, living, send, send_group
from .program import started
from .pseudo_terminal import ends, same_size

CHUNK = 1 << 16

LONGEST = 1 << 16
"""Bytes of a line that are kept before it ends."""
AHEAD = 64
"""Pieces of output that may wait for whoever shows them; then the process waits, as at a slow terminal."""


class Member:
    """A process and what it leaves: its group lives on until `gone`."""

    def __init__(
        self,
        rank: int,
        program: str,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str,
        log: Path,
        lease: int | None,
        alone: bool,
        events: Events,
    ) -> None:
        """Start it. One that is alone gets our standard input, and terminals where we have some.

        Raises Failure where it can't be started, OSError where its log can't be made.
        """
        self.rank = rank
        self.code: int | None = None
        self.seconds = 0.0
        self.lost_log = False
        self._abandoned = False
        self._events = events
        self._ahead = threading.Semaphore(AHEAD)
        self._writing = threading.Lock()
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        self._reading = 0
        # (end that is read, end that is written, stream that it stands for)
        wired = _wired(alone=alone)
        self._terminals = tuple((near, stream) for near, _, stream in wired if alone and os.isatty(near))
        self._began = time.monotonic()
        try:
            self._process = _start(program, argv, environment, folder, lease, wired, alone=alone)
        except BaseException:
            for near, far, _ in wired:
                os.close(near)
                os.close(far)
            os.close(self._log)
            raise
        self.pid = self._process.pid
        for near, far, stream in wired:
            os.close(far)
            self._reading += 1
            threading.Thread(target=self._read, args=(near, stream), daemon=True).start()
        threading.Thread(target=self._wait, daemon=True).start()

    @property
    def ended(self) -> bool:
        """Return whether the process has ended (its group may live on)."""
        return self.code is not None

    @property
    def died(self) -> int | None:
        """Return with what code it ended, if badly, also where its end wasn't taken yet."""
        return self._process.poll() or None

    @property
    def lives(self) -> bool:
        """Return whether anything of its group lives, or its end wasn't yet seen."""
        return not self.ended or living(self.pid)

    @property
    def reading(self) -> bool:
        """Return whether somebody may still write to us."""
        return self._reading > 0

    def take(self, event: Exited | Closed | Printed) -> None:
        """Take an event of this process, when it has been dealt with."""
        if isinstance(event, Printed):
            self._ahead.release()
        elif isinstance(event, Closed):
            self._reading -= 1
        else:
            self.code = self._process.wait()
            self.seconds = time.monotonic() - self._began

    def close(self) -> None:
        """Let the log go; what something outside the group still prints is kept, and handed on no more."""
        self._abandoned = True
        self._ahead.release()
        if not self.reading:
            os.close(self._log)

    def signal(self, number: int) -> None:
        """Signal the process alone: its workers are its own matter."""
        if not self.ended:
            send(self.pid, number)

    def signal_group(self, number: int) -> None:
        """Signal the process and all that it has started, as a terminal does."""
        send_group(self.pid, number)

    def kill(self) -> None:
        """End the whole group at once."""
        send_group(self.pid, KILL)

    def resize(self, rows: int | None = None) -> None:
        """Give its terminals the size of ours, or of `rows` of it, and tell it."""
        for near, stream in self._terminals:
            same_size(near, stream, rows)
        if self._terminals and sys.platform != "win32":
            # the kernel tells a terminal's own foreground group, and this session has no terminal of its own
            self.signal_group(signal.SIGWINCH)

    def _wait(self) -> None:
        self._process.wait()
        self._events.put(Exited(self))

    def _read(self, near: int, stream: int) -> None:
        """Keep and hand on what comes, until nobody can write any more."""
        begun = b""
        while True:
            try:
                words = os.read(near, CHUNK)
            except OSError as failed:
                if failed.errno == errno.EINTR:
                    continue
                break  # a pseudo-terminal whose far end nobody holds any more
            if not words:
                break
            begun = self._keep(begun + words)
            if self._abandoned:
                continue
            self._ahead.acquire()
            self._events.put(Printed(self, stream, words))
        self._keep(begun, end=True)
        os.close(near)
        self._events.put(Closed(self))

    def _keep(self, words: bytes, *, end: bool = False) -> bytes:
        """Put words into the log, and return what of them is no whole line yet.

        Two streams write there, and a program may write a line piece by piece. A full disk doesn't end a
        training that may need none.
        """
        whole = len(words) if end or len(words) > LONGEST else _whole(words)
        left, words = words[whole:], words[:whole]
        with self._writing:
            try:
                while words:
                    words = words[os.write(self._log, words) :]
            except OSError:
                self.lost_log = True
        return left


def _whole(words: bytes) -> int:
    """Return how many bytes end with a line's end, or with what sends a bar back to its beginning."""
    return 1 + max(words.rfind(b"\n"), words.rfind(b"\r"))


def _wired(*, alone: bool) -> list[tuple[int, int, int]]:
    """Return the pairs of ends for standard output and error; one pair where ours go the same way."""
    out = ends(1) if alone else os.pipe()
    pairs = [(*out, 1)]
    if not _same_way():
        pairs.append((*(ends(2) if alone else os.pipe()), 2))
    return pairs


def _same_way() -> bool:
    """Return whether our standard output and error are the same file, pipe or terminal."""
    try:
        return os.path.samestat(os.fstat(1), os.fstat(2))
    except OSError:
        return False


def _input(*, alone: bool) -> int | None:
    """Return what a process gets as standard input: ours if it is alone, and ours to give.

    A terminal in whose background we are isn't: the shell reads from it.
    """
    if not alone:
        return subprocess.DEVNULL
    with suppress(OSError):
        if sys.platform != "win32" and os.isatty(0) and os.tcgetpgrp(0) != os.getpgrp():
            return subprocess.DEVNULL
    return None


def _start(
    program: str,
    argv: Sequence[str],
    environment: Mapping[str, str],
    folder: str,
    lease: int | None,
    wired: Sequence[tuple[int, int, int]],
    *,
    alone: bool,
) -> subprocess.Popen[bytes]:
    far = {stream: end for _, end, stream in wired}
    # CREATE_NEW_PROCESS_GROUP is 0x200; the name exists on Windows only
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

    def start(executable: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            words,
            executable=executable,
            env=environment,
            cwd=folder,
            stdin=_input(alone=alone),
            stdout=far[1],
            stderr=far.get(2, far[1]),
            pass_fds=() if lease is None or sys.platform == "win32" else (lease,),
            start_new_session=True,
            creationflags=flags,
        )

    return started(start, program, argv)
