"""A run on the terminal: the script's own output above, as it comes; how it goes in a few lines below.

The script's output is handed on untouched. The lines below stand outside of the terminal's scrolling region
(DECSTBM, ECMA-48's margins as DEC's VT100 had them and every terminal since has), the way apt and dpkg do
it: what the script does with its cursor, its own progress bars among it, stays right. Where there is no
terminal, a plain line now and then, and one at the end.
"""

from __future__ import annotations

import atexit
import os
import re
import select
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TextIO

from ..errors import Text
from ..model.live_run import RunStatus, RunView
from .line import Line, prose, wrap
from .run_lines import block, brief, ending
from .screen import Screen, encodable, styled
from .streams import tell
from .words import Words

SECONDS_BETWEEN_LINES = 30.0
ROWS_FOR_THE_SCRIPT = 5
"""A terminal with fewer rows than these and the block has no block."""
PATIENCE = 3
"""Drawings that are put off while the script's output ends in the midst of a character or a control."""

_SAVE, _RESTORE = "\x1b7", "\x1b8"  # DECSC, DECRC
_DOWN = "\x1bD"  # IND: one line down, in the same column; it scrolls at the bottom
# controls of the script's that take the margins away: a reset, margins of its own, the other screen
_UPSETTING = re.compile(rb"\x1bc|\x1b\[!p|\x1b\[[\d;]*r|\x1b\[\?(?:1049|1047|47)[hl]")
_OTHER_SCREEN = re.compile(rb"\x1b\[\?(?:1049|1047|47)(?P<on>[hl])")
_WHOLE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*(?![\[\]PX^_])[0-~])", re.DOTALL
)
TAIL = 256


def run_view(
    screen: Screen,
    words: Words,
    title: str,
    *,
    size: Callable[[], tuple[int, int]] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> RunView:
    """Return the view for this screen: live on a terminal, plain lines elsewhere, output alone if quiet.

    `title` names the run; `size` gives columns and rows (those of the terminal unless given).
    """
    if screen.live and sys.platform != "win32":
        return LiveRun(screen, words, title, size or _size_of(screen.err))
    return PlainRun(screen, words, title, clock)


def _size_of(stream: TextIO) -> Callable[[], tuple[int, int]]:
    def size() -> tuple[int, int]:
        try:
            found = os.get_terminal_size(stream.fileno())
        except (OSError, ValueError):
            return 0, 0
        return found.columns, found.lines

    return size


class PlainRun:
    """The script's output as it is, and a line of status on stderr every half minute and at the end."""

    rows: int | None = None

    def __init__(self, screen: Screen, words: Words, title: str, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._words = words
        self._title = title
        self._clock = clock
        self._told = clock()

    def write(self, stream: int, data: bytes) -> None:
        """Hand it on."""
        _raw(self._screen.err if stream == 2 else self._screen.out, data)

    def note(self, words: Text) -> None:
        """Write a line."""
        self.tell(_said(words, self._screen, self._words))

    def tell(self, lines: Sequence[Line]) -> None:
        """Write lines."""
        self._screen.tell(lines)

    def update(self, status: RunStatus) -> None:
        """Write a line where the last one is long enough ago."""
        now = self._clock()
        if self._screen.quiet or now - self._told < SECONDS_BETWEEN_LINES:
            return
        self._told = now
        self.tell([brief(status, self._screen.context(self._words))])

    def resized(self) -> None:
        """Nothing depends on it."""

    def close(self, status: RunStatus | None = None) -> None:
        """Write the last line."""
        if status is not None and not self._screen.quiet:
            self.tell([ending(status, self._screen.context(self._words))])


class LiveRun:
    """The block of status below the script's output. Every method may be called from any thread."""

    def __init__(self, screen: Screen, words: Words, title: str, size: Callable[[], tuple[int, int]]) -> None:
        self._screen = screen
        self._words = words
        self._title = title
        self._size = size
        self._lock = threading.RLock()
        self._status: RunStatus | None = None
        self._shape: tuple[int, int, int] | None = None  # columns, rows, rows of the block
        self._tail = b""
        self._put_off = 0
        self._other_screen = False
        self._in_line = False
        atexit.register(self.close)

    @property
    def rows(self) -> int | None:
        """Return how many rows are the script's: what a pseudo-terminal of its own should have."""
        with self._lock:
            return self._shape[1] - self._shape[2] if self._shape else (self._size()[1] or None)

    def write(self, stream: int, data: bytes) -> None:
        """Hand on the script's output, untouched."""
        with self._lock:
            _raw(self._screen.err if stream == 2 else self._screen.out, data)
            if not data:
                return
            self._in_line = not data.endswith(b"\n")
            seen = self._tail + data
            self._tail = seen[-TAIL:]
            if b"\x1b" in data and _UPSETTING.search(seen):
                self._upset(seen)

    def _upset(self, seen: bytes) -> None:
        switched = [found["on"] for found in _OTHER_SCREEN.finditer(seen)]
        if switched:
            self._other_screen = switched[-1] == b"h"
        self._shape = None
        self._tail = seen[_last_end(seen) :][-TAIL:]
        self._draw()

    def note(self, words: Text) -> None:
        """Write a line above the block."""
        self.tell(_said(words, self._screen, self._words))

    def tell(self, lines: Sequence[Line]) -> None:
        """Write lines above the block, on lines of their own."""
        with self._lock:
            written = [encodable(styled(one, self._screen.color_err), self._screen.err) for one in lines]
            if written:
                tell(self._screen.err, ("\n" if self._in_line else "") + "\n".join(written) + "\n")
                self._in_line = False

    def update(self, status: RunStatus) -> None:
        """Draw the block anew."""
        with self._lock:
            self._status = status
            self._draw()

    def resized(self) -> None:
        """Draw the block where it belongs now."""
        with self._lock:
            self._draw()

    def close(self, status: RunStatus | None = None) -> None:
        """Take the block away, give the whole terminal back, and say how it ended."""
        with self._lock:
            atexit.unregister(self.close)
            self._status = None
            self._remove()
            if status is not None:
                self.tell(_last_lines(status, self._screen, self._words))

    def _draw(self) -> None:
        if self._status is None or self._other_screen:
            return
        if not _is_whole(self._tail) and self._put_off < PATIENCE:
            self._put_off += 1
            return
        self._put_off = 0
        columns, rows = self._size()
        if columns < 20 or rows < ROWS_FOR_THE_SCRIPT + 2:
            self._remove()
            return
        context = self._screen._replace(width=columns - 1).context(self._words)
        lines = block(self._status, self._title, context)[: rows - ROWS_FOR_THE_SCRIPT]
        before = self._shape
        # it never becomes lower: what scrolls above would jump
        height = max(len(lines), before[2] if before and before[:2] == (columns, rows) else 0)
        words = "" if before == (columns, rows, height) else self._placed(height)
        self._shape = (columns, rows, height)
        first = rows - height + 1
        blank = height - len(lines)
        drawn = "".join(
            f"\x1b[{first + place};1H\x1b[2K"
            + (styled(lines[place - blank], self._screen.color_err) if place >= blank else "")
            for place in range(height)
        )
        # the margins are set each time: whoever had the terminal meanwhile (job control) may have moved them;
        # drawn without the script's colours, and the cursor goes back to where it was
        margins = f"\x1b[1;{rows - height}r"
        tell(
            self._screen.err, encodable(f"{words}{_SAVE}{margins}\x1b[0m{drawn}{_RESTORE}", self._screen.err)
        )

    def _placed(self, height: int) -> str:
        """Return what makes room for the block; it scrolls if need be."""
        cleared = f"{_SAVE}\x1b[r{_RESTORE}\x1b[J" if self._shape is not None else ""
        room = _DOWN * height + f"\x1b[{height}A"
        return f"{cleared}{room}"

    def _remove(self) -> None:
        """Clear the block's rows and take the margins away."""
        if self._shape is None:
            return
        _, rows, height = self._shape
        self._shape = None
        cleared = "".join(f"\x1b[{row};1H\x1b[2K" for row in range(rows - height + 1, rows + 1))
        tell(self._screen.err, f"{_SAVE}{cleared}\x1b[r{_RESTORE}")


def _last_lines(status: RunStatus, screen: Screen, words: Words) -> list[Line]:
    context = screen.context(words)
    return list(wrap(ending(status, context), context.prose_width, hang=2))


def _said(words: Text, screen: Screen, language: Words) -> list[Line]:
    context = screen.context(language)
    return list(wrap(prose(language(words)), context.prose_width))


def _raw(stream: TextIO, data: bytes) -> None:
    """Write bytes as they are; a terminal that is gone does not end a training."""
    try:
        number = stream.fileno()
        stream.flush()
    except (OSError, ValueError):
        # no file: a stream in memory
        tell(stream, data.decode("utf-8", "replace"))
        return
    with suppress(OSError):
        while data:
            try:
                data = data[os.write(number, data) :]
            except BlockingIOError:
                # somebody else made the terminal non-blocking
                select.select([], [number], [], 1.0)


def _last_end(seen: bytes) -> int:
    return max(found.end() for found in _UPSETTING.finditer(seen))


def _is_whole(tail: bytes) -> bool:
    """Tell whether output may be interrupted here: no character and no control is half written."""
    escape = tail.rfind(b"\x1b")
    if escape >= 0 and not _WHOLE.match(tail, escape):
        return False
    for back in range(1, min(4, len(tail)) + 1):
        byte = tail[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return needed <= back
    return True
