"""Brings a run's samples and what its processes told of themselves together for its alarms, in one thread."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..model.resources import Alarm, Sample
from .alarms import Alarms

MOST = 1 << 20
"""Bytes that are read of one file at a time; the rest comes with the next sample."""


@dataclass
class AlarmFeed:
    """Give it every sample (`watch(..., tell=...)`): it reads what is new in the files of the ranks first.

    `files` returns the `rank-N.jsonl` of the attempt that runs, by rank; another attempt's files are read
    from their beginning, and what was measured before does not count for it.
    """

    alarms: Alarms
    files: Callable[[], Mapping[int, Path]]
    _read: dict[Path, int] = field(default_factory=dict)

    def __call__(self, sample: Sample) -> tuple[Alarm, ...]:
        """Return the alarms that are raised now."""
        files = dict(self.files())
        if self._read and not self._read.keys() & set(files.values()):
            self.alarms.began()
            self._read.clear()
        for rank, path in files.items():
            self._take(rank, path)
        return self.alarms.sample(sample)

    def _take(self, rank: int, path: Path) -> None:
        at = self._read.setdefault(path, 0)
        try:
            with path.open("rb") as file:
                file.seek(at)
                content = file.read(MOST)
        except OSError:
            return
        whole = content[: content.rfind(b"\n") + 1]
        # a line that is longer than all that is read at once is none of ours
        self._read[path] = at + (len(whole) or (len(content) if len(content) == MOST else 0))
        for line in whole.splitlines():
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(said, dict):
                self.alarms.line(rank, said)
