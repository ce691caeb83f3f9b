"""What commands print on hosts: of several by whole lines, each behind its host's name; of one as it is."""

from __future__ import annotations

import threading
from typing import Literal

from ..runs.prefixed import Prefixed
from .screen import Screen, clean, encodable
from .streams import Unwritten

# SGR parameters (ECMA-48 8.3.117): basic colours that every theme makes readable; red is for failures
COLOURS = ("36", "33", "35", "32", "34", "96", "93", "95", "92", "94")

Stream = Literal["stdout", "stderr"]


class HostLines:
    """Writes what comes from several threads. Raises BrokenPipeError or Unwritten where nobody takes it."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._lines = {
            "stdout": Prefixed(lambda data: self.write("stdout", data)),
            "stderr": Prefixed(lambda data: self.write("stderr", data)),
        }

    def take(self, host: str, stream: Stream, content: bytes) -> None:
        """Write the lines that a piece of a host's output completes."""
        with self._lock:
            self._lines[stream].take(self._lead(host, stream), content)

    def close(self, host: str) -> None:
        """Write what a host's output ends in without an end of its line."""
        with self._lock:
            for stream in ("stdout", "stderr"):
                self._lines[stream].close(self._lead(host, stream))

    def write(self, stream: Stream, content: bytes) -> None:
        """Write bytes as they are, in whatever encoding."""
        where = self._screen.out if stream == "stdout" else self._screen.err
        try:
            where.buffer.write(content)
            where.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritten(error.strerror or str(error)) from error

    def _lead(self, host: str, stream: Stream) -> bytes:
        out = stream == "stdout"
        where = self._screen.out if out else self._screen.err
        number = self._numbers.setdefault(host, len(self._numbers))
        lead = encodable(f"[{clean(host)}]", where)
        if self._screen.color_out if out else self._screen.color_err:
            lead = f"\x1b[{COLOURS[number % len(COLOURS)]}m{lead}\x1b[0m"
        return f"{lead} ".encode(where.encoding or "utf-8")
