"""SIGTERM and SIGUSR1 mean: save at the end of this step, and leave."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType
from typing import Any

from .seen import say

SIGNALS = ("SIGTERM", "SIGUSR1")
CODE = 143
"""The exit code of a process that left because it was told to: 128 + SIGTERM, as a shell says it."""
GRACE = "PROVENV_RUN_GRACE"
"""The variable that says how many seconds there are to leave; then whoever told us to kills us."""
RESERVE = 0.1
"""The share of the grace time that is kept for leaving without having saved."""


class Leaving:
    """Whether this process was told to leave. A handler that was there before is called too."""

    def __init__(self) -> None:
        self.told = False
        self._pid = os.getpid()
        self._before: dict[int, Any] = {}
        self._bell: tuple[int, int] | None = None

    def listen(self) -> bool:
        """Install the handlers; return False where that can't be done (outside the main thread).

        With PROVENV_RUN_GRACE, a step (or a save) that does not end in time is left, with the same exit code.
        """
        if threading.current_thread() is not threading.main_thread():
            return False
        grace = _seconds(os.environ.get(GRACE, ""))
        if grace and self._bell is None:
            self._bell = os.pipe()
            watch = threading.Thread(target=_watch, args=(self._bell[0], grace), name="leaving", daemon=True)
            watch.start()
        for name in SIGNALS:
            number = getattr(signal, name)
            before = signal.getsignal(number)
            if before != self._handle:
                self._before[number] = before
                signal.signal(number, self._handle)
        return True

    def close(self) -> None:
        """Put back the handlers that were there before; a grace time that runs goes on."""
        for number, before in self._before.items():
            if signal.getsignal(number) == self._handle and before is not None:
                signal.signal(number, before)
        self._before.clear()
        if self._bell is not None and not self.told:
            os.close(self._bell[1])
            self._bell = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        before = self._before.get(number)
        if os.getpid() != self._pid and not callable(
            before
        ):  # a worker that was forked: as if we were not there
            signal.signal(number, signal.SIG_DFL if before is None else before)
            os.kill(os.getpid(), number)
            return
        if not self.told and self._bell is not None:
            os.write(self._bell[1], b"!")  # no lock is taken in a handler
        self.told = True
        if callable(before):
            before(number, frame)


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0


def _watch(bell: int, grace: float) -> None:
    """Wait to be told, then as long as there is; the process has left by then, or it is ended here."""
    told = os.read(bell, 1)
    os.close(bell)
    if told:
        time.sleep(grace * (1 - RESERVE))
        say(f"has not left in the {grace:g} s that were given: ends now, with exit code {CODE}")
        os._exit(CODE)
