"""A host with one command that another thread may have ended: Ctrl-C, another host's failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from ...hosts.process import GRACE
from ...hosts.ssh import SshChild, SshHost
from .foreground import Write


class Ending:
    """Runs a command on a host; `close` ends it there, and does not wait for that."""

    def __init__(self, host: SshHost) -> None:
        self._host = host
        self._child: SshChild | None = None
        self._asked = False
        self._deadline = 0.0
        # what app.fleet.each may use of a host
        self.exec, self.put, self.get = host.exec, host.put, host.get

    def run(self, words: Sequence[str], write: Write) -> int:
        """Run the command, hand on what it prints; return its exit code. Raises Failure as SshHost does."""
        self._child = child = self._host.begin(words)
        try:
            child.channel.pump(None, write)
        except BaseException:
            child.end()
            raise
        child.finish()
        return child.channel.code or 0

    def close(self) -> None:
        """Have the command ended, and do not wait for that. May be called until it has.

        What can't be told so, or does not begin in time, loses its connection.
        """
        if self._asked:
            return
        now = time.monotonic()
        self._deadline = self._deadline or now + GRACE
        if self._child is not None and self._child.channel.watch is not None:
            self._asked = True
            threading.Thread(target=self._ask, args=(self._child,), daemon=True).start()
        elif now > self._deadline:
            self._host.close()

    def _ask(self, child: SshChild) -> None:
        if not child.ask_to_end():
            self._host.close()
