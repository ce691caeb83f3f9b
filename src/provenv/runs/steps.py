"""How far each process of an attempt is, read from what payload/watching writes (model/observed.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .living import is_in

MOVES = frozenset(("epoch", "metric", "resume", "save", "step"))
"""Kinds of lines that tell of work. A beat tells of a living thread only, unless its count grew."""
MOST = 1 << 22
"""Bytes that are read of a file at a time."""


class Steps:
    """What a process wrote of its steps so far; `look` reads on from where it stood."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pids: list[int] = []
        self.steps = 0
        self.resumed = 0
        self.total: int | None = None
        self._offset = 0

    @property
    def position(self) -> int:
        """Return at which step of the whole training it is: a resumed one counts on from its checkpoint."""
        return max(self.resumed, self.steps)

    @property
    def through(self) -> bool:
        """Return whether all steps are made: what comes then (a test, an export) makes none."""
        return self.total is not None and self.position >= self.total

    def speaker(self, group: int) -> int | None:
        """Return the process of the group that tells of its steps, None where none does that lives.

        The first one: what it spawned comes later. A script may run several, one after the other.
        """
        return next((pid for pid in self.pids if is_in(pid, group)), None)

    def look(self) -> bool:
        """Read what is new; return whether anything of it tells of work."""
        moved = False
        while lines := self._new_lines():
            for line in lines:
                moved = self._take(line) or moved
        return moved

    def _new_lines(self) -> list[bytes]:
        """Return the whole lines that were written since."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                content = file.read(MOST)
        except OSError:
            return []
        whole, newline, _torn = content.rpartition(b"\n")
        if not newline:
            return []
        self._offset += len(whole) + 1
        return whole.split(b"\n")

    def _take(self, line: bytes) -> bool:
        try:
            told: Any = json.loads(line)
        except (ValueError, RecursionError):
            return False
        if not isinstance(told, dict):
            return False
        kind, n = told.get("k"), told.get("n")
        count = n if isinstance(n, int) and not isinstance(n, bool) else None
        if kind == "begin" and isinstance(told.get("pid"), int):
            self.pids.append(told["pid"])
        if kind == "resume" and count is not None:
            self.resumed = count
        if kind == "total" and count is not None:
            self.total = count
        grew = kind in ("beat", "step") and count is not None and count > self.steps
        if grew and count is not None:
            self.steps = count
        return kind in MOVES or grew
