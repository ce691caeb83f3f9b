"""Records of runs as they lie on disk, written by hand: for tests of whoever reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from provenv.model.codec import to_json
from provenv.model.runs import Attempt, CodeState, RankEnd, RunEnd, RunRecord, RunState
from provenv.runs.folder import RunFolder, runs_folder
from provenv.runs.reading import seconds_of
from provenv.targets.held import hold, open_held

BEGAN = "2026-03-01T10:00:00+00:00"
T0 = seconds_of(BEGAN)


def identity(number: int) -> str:
    """Return the id of the run of that number, in the order of time."""
    return f"202603{1 + number // 24:02d}-{number % 24:02d}0000-{number:04x}"


@dataclass
class Recorded:
    """One record, to be filled; what is not given looks like a small training that went well."""

    folder: RunFolder
    record: RunRecord

    def attempt(
        self,
        number: int = 1,
        *,
        lines: Sequence[Mapping[str, Any]] = (),
        log: str = "",
        code: int | None = 0,
        processes: int = 1,
        **more: Any,
    ) -> Recorded:
        """Write an attempt whose rank 0 showed `lines` and printed `log`; `code` None: it has not ended."""
        self.folder.attempt(number).mkdir(exist_ok=True)
        for rank in range(processes):
            self.folder.log(number, rank).write_text(log.format(rank=rank), encoding="utf-8")
        self.seen(number, lines)
        if code is not None:
            ended = tuple(RankEnd(rank, code, 30.0, first=rank == 0) for rank in range(processes))
            told = replace(Attempt(number, BEGAN, 30.0, code, ended), **more)
            with self.folder.attempts.open("a", encoding="utf-8") as file:
                file.write(json.dumps(to_json(told)) + "\n")
        return self

    def seen(self, number: int, lines: Sequence[Mapping[str, Any]], rank: int = 0) -> Recorded:
        """Add lines of what was seen from within a process."""
        return self._add(self.folder.seen(number, rank), lines)

    def resources(self, number: int, lines: Sequence[Mapping[str, Any]]) -> Recorded:
        """Add lines of what was seen from without."""
        return self._add(self.folder.resources(number), lines)

    def end(self, state: RunState = "done", code: int = 0, seconds: float = 60.0, **more: Any) -> Recorded:
        """Write the last word."""
        told = RunEnd(state, code, "2026-03-01T10:01:00+00:00", seconds, **more)
        self.folder.end.write_text(json.dumps(to_json(told)), encoding="utf-8")
        return self

    @contextmanager
    def watched(self) -> Iterator[Recorded]:
        """Hold the record as whoever watches a run does."""
        handle = open_held(self.folder.held)
        assert hold(handle, wait=False)
        try:
            yield self
        finally:
            os.close(handle)

    def _add(self, path: Path, lines: Sequence[Mapping[str, Any]]) -> Recorded:
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in lines)
        return self


def recorded(root: Path, number: int = 0, **fields: Any) -> Recorded:
    """Begin the record of a run in the project at `root`; `fields` are those of RunRecord."""
    name = fields.pop("id", identity(number))
    folder = RunFolder(runs_folder(root) / name)
    folder.path.mkdir(parents=True)
    told = RunRecord(
        id=name,
        argv=("python", "train.py"),
        folder=str(root),
        target="here",
        generation=3,
        began=BEGAN,
        proof="sha256:" + "ab" * 32,
        lock="sha256:" + "cd" * 32,
        code=CodeState("0123456789abcdef0123456789abcdef01234567", "main"),
        variables={"PYTHONHASHSEED": "0"},
        host="box",
    )
    record = replace(told, **fields)
    folder.record.write_text(json.dumps(to_json(record)), encoding="utf-8")
    folder.held.touch()
    return Recorded(folder, record)


def steps(first: int, last: int, *, loss: float | None = 2.0, began: float = T0) -> list[dict[str, Any]]:
    """Return what a training shows from step `first` to `last`: a step a second, a tenth of it waiting."""
    lines: list[dict[str, Any]] = []
    for step in range(first, last + 1):
        at = began + step
        lines.append({"k": "step", "t": at, "n": step, "d": 1.0, "s": 1, "w": 0.1})
        if loss is not None:
            lines.append({"k": "metric", "t": at, "name": "loss", "value": loss / step, "n": step})
    return lines
