"""Two whole commands, timed by turns in one run: ratios with their spread, whatever else the machine does."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Contender:
    """A command that is timed; `prepare` runs before every repetition, untimed."""

    name: str
    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None

    def time(self) -> float:
        """Run once and return the seconds that it took. Raises CalledProcessError where it failed."""
        self.prepare()
        began = time.perf_counter()
        subprocess.run(
            self.argv, cwd=self.folder, env=dict(self.environment), check=True, capture_output=True
        )
        return time.perf_counter() - began


def compare(ours: Contender, theirs: Contender, repetitions: int) -> str:
    """Return one row of a table: medians, the ratio's median, lowest and highest, the difference (ms).

    Ratio and difference are taken pair by pair; the difference is the median one, in milliseconds.
    """
    ours.time(), theirs.time()  # both start warm
    pairs = [(ours.time(), theirs.time()) for _ in range(repetitions)]
    ratios = sorted(mine / other for mine, other in pairs)
    mine, other = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    ratio = statistics.median(ratios)
    apart = statistics.median(mine - other for mine, other in pairs) * 1000
    return (
        f"| {ours.name} | {mine:,.0f} ms | {theirs.name} | {other:,.0f} ms "
        f"| {ratio:.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} | {apart:+,.0f} ms |"
    )


HEAD = (
    "| provenv | median | beside it | median | ratio | lowest to highest | difference |\n"
    "| --- | ---: | --- | ---: | ---: | --- | ---: |"
)
