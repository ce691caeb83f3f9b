"""Work under way on a terminal: bars with sizes, rates and the time left; one line stays for each step."""

from __future__ import annotations

import atexit
import threading

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TaskID, TextColumn
from rich.progress import Task as Row
from rich.table import Column
from rich.text import Text as RichText

from ..errors import Text
from ..model.progress import Task
from .context import UNICODE
from .line import Line
from .progress import Plain, Unit
from .screen import Screen, clean, styled
from .units import duration, size
from .words import Words

BAR = 24  # cells
BAR_FITS, RATE_FITS = 96, 70  # terminals this wide have room for it
# the longest texts: `831 MB / 831 MB  149 MB/s  1 min 23 s left`, and its first part
AMOUNT, AMOUNT_ALONE = 42, 16


class Live(Plain):
    """Bars on the terminal. They are drawn only while something is under way, and the cursor comes back."""

    def __init__(self, screen: Screen, words: Words) -> None:
        super().__init__(screen, words)
        self._console = Console(
            file=screen.err,
            width=screen.width,
            force_terminal=True,
            no_color=not screen.color_err,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._bars = Progress(
            *_columns(screen, words), console=self._console, transient=True, refresh_per_second=12
        )
        self._open = 0
        self._lock = threading.RLock()

    def task(self, words: Text, total: float | None = None, unit: Unit = "items") -> Task:
        """Begin a task and draw its bar."""
        with self._lock:
            row = self._bars.add_task(clean(self._words(words)), total=total, unit=unit)
            self._open += 1
            if self._open == 1:
                atexit.register(self.close)
                self._bars.start()
        return LiveTask(self, row)

    def tell(self, lines: list[Line]) -> None:
        """Write lines that stay above the bars."""
        for one in lines:
            self._console.print(RichText.from_ansi(styled(one, self._screen.color_err)), soft_wrap=True)

    def advance(self, row: TaskID, amount: float) -> None:
        """Move a bar on."""
        self._bars.advance(row, amount)

    def describe(self, row: TaskID, words: Text) -> None:
        """Say beside a bar what is being done right now."""
        self._bars.update(row, description=clean(self._words(words)))

    def end(self, row: TaskID, words: Text, *, well: bool = True) -> None:
        """Take a bar away and leave its line."""
        with self._lock:
            if row not in self._bars.task_ids:
                return
            self._bars.remove_task(row)
            self.finished(words, well=well)
            self._open -= 1
            if self._open == 0:
                self._bars.stop()

    def close(self) -> None:
        """Take all bars away and show the cursor again; called when a command ends, however it ends."""
        with self._lock:
            self._open = 0
            for row in list(self._bars.task_ids):
                self._bars.remove_task(row)
            self._bars.stop()
            atexit.unregister(self.close)


class LiveTask:
    """A bar."""

    def __init__(self, live: Live, row: TaskID) -> None:
        self._live = live
        self._row = row

    def advance(self, amount: float) -> None:
        """Move the bar on."""
        self._live.advance(self._row, amount)

    def describe(self, words: Text) -> None:
        """Say what is being done right now."""
        self._live.describe(self._row, words)

    def finish(self, words: Text) -> None:
        """Take the bar away and leave the line."""
        self._live.end(self._row, words)

    def fail(self, words: Text) -> None:
        """Take the bar away and leave the line of a failure."""
        self._live.end(self._row, words, well=False)


class Amount(ProgressColumn):
    """How much of how much, how fast, and how long it will still take; `alone`: only the first."""

    def __init__(self, words: Words, *, alone: bool) -> None:
        super().__init__(Column(no_wrap=True))
        self._words = words
        self._alone = alone

    def render(self, task: Row) -> RichText:
        """Return the column's text for one bar."""
        told = amount(task, self._words)
        return RichText(told[0] if self._alone else "  ".join(told), style="dim", no_wrap=True)


def amount(task: Row, words: Words) -> list[str]:
    """Return `120 MB / 831 MB`, rate and time left; or `3 / 14`; or the time taken where no end is known."""
    in_bytes = task.fields.get("unit") == "bytes"
    if task.total is None:
        elapsed = duration(task.elapsed or 0.0)
        return [size(task.completed), elapsed] if in_bytes else [elapsed]
    if not in_bytes:
        return [f"{task.completed:.0f} / {task.total:.0f}"]
    told = [f"{size(task.completed)} / {size(task.total)}"]
    if task.speed:
        told.append(f"{size(task.speed)}/s")
    if task.time_remaining:
        told.append(words.say("ui.progress.left", time=duration(task.time_remaining)))
    return told


def _columns(screen: Screen, words: Words) -> list[ProgressColumn]:
    has_bar, has_rate = screen.width >= BAR_FITS, screen.width >= RATE_FITS
    taken = (AMOUNT if has_rate else AMOUNT_ALONE) + (BAR + 1 if has_bar else 0)
    said = Column(width=max(screen.width - taken - 4, 12), no_wrap=True, overflow="ellipsis")
    columns: list[ProgressColumn] = [
        SpinnerColumn("dots" if screen.marks is UNICODE else "line", style="cyan"),
        TextColumn("{task.description}", markup=False, table_column=said),
    ]
    if has_bar:
        columns.append(BarColumn(BAR, complete_style="cyan", finished_style="green", pulse_style="cyan"))
    columns.append(Amount(words, alone=not has_rate))
    return columns
