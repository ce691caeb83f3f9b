"""Two whole commands, timed by turns in one run: ratios with their spread, whatever else the machine does."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Unit = Literal["seconds", "bytes"]


@dataclass(frozen=True)
class Contender:
    """A command that is timed; `prepare` runs before every repetition, untimed.

    `seconds`, where given, takes what the command printed and the seconds that it took, and returns
    those that count (a part that is measured by itself is taken off).
    """

    name: str
    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None
    seconds: Callable[[str, float], float] = lambda printed, whole: whole

    def time(self) -> float:
        """Run once and return the seconds that it took. Raises CalledProcessError where it failed."""
        self.prepare()
        if hasattr(os, "sync"):
            os.sync()  # what the last one left to be written is not this one's
        began = time.perf_counter()
        done = subprocess.run(
            self.argv, cwd=self.folder, env=dict(self.environment), check=True, capture_output=True, text=True
        )
        return self.seconds(done.stdout, time.perf_counter() - began)


@dataclass(frozen=True)
class Goal:
    """What is wanted of a pair: a `ratio` at most, so many `seconds` more at most, or `alone`: at most."""

    kind: Literal["ratio", "seconds", "alone"]
    most: float


@dataclass(frozen=True)
class Row:
    """What pairs gave: medians; each pair's ratio (ours over theirs) and difference.

    All are seconds, or bytes where `unit` says so.
    """

    name: str
    seconds: float
    beside: str
    beside_seconds: float
    ratio: float
    lowest: float
    highest: float
    difference: float
    repetitions: int
    goal: Goal | None = None
    unit: Unit = "seconds"

    @property
    def met(self) -> bool | None:
        """Tell whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        measured = {
            "ratio": self.ratio,
            "seconds": self.difference,
            "alone": self.seconds,
        }
        return measured[self.goal.kind] <= self.goal.most


@dataclass(frozen=True)
class Measured:
    """All that one script measured: its rows, and figures that its section's words name."""

    rows: Sequence[Row]
    figures: Mapping[str, str] = field(default_factory=dict)


def compare(ours: Contender, theirs: Contender, repetitions: int, goal: Goal | None = None) -> Row:
    """Time both by turns and return what came out; which of the two begins changes with every pair."""
    ours.time(), theirs.time()  # both start warm
    pairs = []
    for turn in range(repetitions):
        if turn % 2:
            other = theirs.time()
            pairs.append((ours.time(), other))
        else:
            pairs.append((ours.time(), theirs.time()))
    return row(ours.name, theirs.name, pairs, goal)


def row(
    name: str,
    beside: str,
    pairs: Sequence[tuple[float, float]],
    goal: Goal | None = None,
    unit: Unit = "seconds",
) -> Row:
    """Return the row of what was measured, ours first in each pair."""
    ratios = sorted(mine / other for mine, other in pairs)
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Row(
        name,
        mine,
        beside,
        other,
        statistics.median(ratios),
        ratios[0],
        ratios[-1],
        statistics.median(one - another for one, another in pairs),
        len(pairs),
        goal,
        unit,
    )


HEAD = (
    "| provenv | median | beside it | median | ratio | lowest – highest | difference | goal | met |",
    "| --- | ---: | --- | ---: | ---: | --- | ---: | --- | --- |",
)
SIGNS = {"ratio": "≤ {most:g}x", "seconds": "≤ +{shown}", "alone": "≤ {shown}"}


def line(row: Row, met: Mapping[bool, str] | None = None) -> str:
    """Return one line of a table; `met` has the words for a goal that is met or is not."""
    met = met or {True: "yes", False: "no"}
    goal, value = "", shown_bytes if row.unit == "bytes" else shown
    if row.goal is not None:
        goal = SIGNS[row.goal.kind].format(most=row.goal.most, shown=value(row.goal.most))
    cells = [
        f"`{row.name}`",
        value(row.seconds),
        f"`{row.beside}`",
        value(row.beside_seconds),
        f"{row.ratio:.2f}",
        f"{row.lowest:.2f} – {row.highest:.2f}",
        f"{'+' if row.difference >= 0 else '−'}{value(abs(row.difference))}",
        goal,
        "" if row.met is None else met[row.met],
    ]
    return f"| {' | '.join(cells)} |"


def shown(seconds: float) -> str:
    """Return seconds as people read them."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def shown_bytes(count: float) -> str:
    """Return bytes as people read them, in steps of a thousand."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.2f} {unit}" if unit == "GB" else f"{count / size:,.1f} {unit}"
    return f"{count:.0f} B"


def show(measured: Measured) -> None:
    """Print what a script measured, as Markdown."""
    print("\n".join([*HEAD, *map(line, measured.rows)]))
    for name, figure in measured.figures.items():
        print(f"\n{name}: {figure}")
