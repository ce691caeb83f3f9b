"""Frames on their way home: a line of JSON, and the bytes behind it."""

import json
import os
import threading
import time
from collections import deque


class Out:
    """Frames on their way home, written by a thread: who prints may have to wait, this program never."""

    def __init__(self):
        self._queue = deque()
        self._filled = threading.Condition()
        self.waiting = 0
        self.broken = False
        threading.Thread(target=self._write, daemon=True).start()

    def put(self, kind, body=b"", **told):
        """Send a frame."""
        frame = json.dumps({"k": kind, "n": len(body), **told}).encode("ascii") + b"\n" + body
        with self._filled:
            self._queue.append(frame)
            self.waiting += len(frame)
            self._filled.notify()

    def flush(self, seconds):
        """Wait until all has been written, but not for ever."""
        until = time.monotonic() + seconds
        while self.waiting and not self.broken and time.monotonic() < until:
            time.sleep(0.01)

    def _write(self):
        while True:
            with self._filled:
                while not self._queue:
                    self._filled.wait()
                frame = self._queue.popleft()
            view = memoryview(frame)
            try:
                while view:
                    view = view[os.write(1, view) :]
            except OSError:
                self.broken = True
                return
            with self._filled:
                self.waiting -= len(frame)
