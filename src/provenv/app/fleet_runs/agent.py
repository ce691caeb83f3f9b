"""The agent on one host, as it is talked with from here: what it is told, and what comes of it as events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from ...errors import Failure, Problem
from ...hosts.ssh import SshChild, SshHost
from ...runs.events import Events, Heard
from .frames import Frames, NotAFrame

BEAT = 2.0
"""Seconds between two words that we are there (see payload/fleet_runs/host_agent.py)."""
AHEAD = 64
"""Pieces of output that may wait for whoever shows them; then the processes wait, as at a slow terminal."""
GREETING = 60.0
"""Seconds until an agent that was started has to have said a word: its Python may lie on a slow disk."""


class Agent:
    """What runs on one host for one run. Frames become events, `gone` is the last of them."""

    def __init__(self, name: str, host: SshHost, words: tuple[str, ...], events: Events) -> None:
        """Start it. Raises Failure as the host does."""
        self.name = name
        self.problem: Problem | None = None
        self.address = ""
        self._host = host
        self._events = events
        self._frames = Frames()
        self._ahead = threading.Semaphore(AHEAD)
        self._waits = False
        self._heard = time.monotonic()
        self._greeted = threading.Event()
        self._over = threading.Event()
        self._child: SshChild = host.start(words)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._beat, daemon=True).start()

    def greet(self, run: str) -> None:
        """Say what run it is, and wait until it answers. Raises Failure where it does not."""
        self.tell("hello", run=run)
        if not self._greeted.wait(GREETING) or self._over.is_set():
            self.cut()
            self._reader.join(GREETING)
            raise Failure(self.problem) if self.problem is not None else TimeoutError(self.name)

    @property
    def silent(self) -> float:
        """Return for how many seconds nothing was heard; none while it is we who don't listen."""
        return 0.0 if self._waits else time.monotonic() - self._heard

    def tell(self, do: str, **told: object) -> None:
        """Tell it something; who is gone hears nothing."""
        line = json.dumps({"do": do, **told}).encode("ascii") + b"\n"
        with suppress(OSError, ValueError):
            self._child.channel.write(line)

    def take(self, event: Heard) -> None:
        """Let more come, when an event has been dealt with."""
        if event.kind == "out":
            self._ahead.release()

    def listen_again(self) -> None:
        """Begin anew to count its silence: it was we who did not listen."""
        self._heard = time.monotonic()

    def cut(self) -> None:
        """Let go of a host that does not answer; its agent ends everything there by itself."""
        self._child.channel.cut()

    def leave(self) -> None:
        """Send it away: it ends what is left there."""
        self._ahead.release()
        with suppress(OSError, ValueError):
            self._child.channel.close_input()

    def wait(self, seconds: float) -> None:
        """Wait for its end, and then no longer; let its connection go."""
        if not self._over.wait(seconds):
            self.cut()
        self._reader.join(seconds)
        self._host.close()

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            self.tell("beat")

    def _read(self) -> None:
        try:
            self._child.channel.pump(None, self._take)
            self._child.finish()
        except Failure as failure:
            self.problem = failure.problems[0]
        except NotAFrame:
            self._child.end()
        self._over.set()
        self._greeted.set()
        self._events.put(Heard(self, "gone", {}))

    def _take(self, stream: Literal["stdout", "stderr"], piece: bytes) -> None:
        self._heard = time.monotonic()
        if stream == "stderr":
            self._put("complaint", {}, piece)
            return
        for kind, told, body in self._frames.feed(piece):
            if kind == "hello":
                self.address = str(told.get("address", ""))
                self._greeted.set()
            elif kind != "beat":
                self._put(kind, told, body)

    def _put(self, kind: str, told: Mapping[str, Any], body: bytes) -> None:
        if kind == "out":
            self._waits = True
            self._ahead.acquire()
            self._heard = time.monotonic()
            self._waits = False
        self._events.put(Heard(self, kind, told, body))
