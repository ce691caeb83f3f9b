"""The logs of a run's processes: their ends, and what comes to them while they run."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .folder import RunFolder
from .observed import attempt_numbers, ranks

BLOCK = 1 << 16


@dataclass(frozen=True)
class LogFile:
    """What one process of one attempt printed; `place` is what it is called after its host, if on one."""

    attempt: int
    rank: int
    path: Path
    place: str = ""


@dataclass(frozen=True)
class Chunk:
    """A piece of a log, as it was printed."""

    log: LogFile
    data: bytes


def log_files(
    folder: RunFolder, chosen: Collection[int] = (), attempt: int | None = None
) -> tuple[LogFile, ...]:
    """Return the logs that there are by now, of the chosen ranks (none: all), by attempt and rank."""
    found = []
    for number in attempt_numbers(folder):
        if attempt is None or number == attempt:
            places = places_of(folder, number)
            found += [
                LogFile(number, rank, folder.log(number, rank), places.get(rank, ""))
                for rank in ranks(folder, number)
                if (not chosen or rank in chosen) and folder.log(number, rank).is_file()
            ]
    return tuple(found)


def places_of(folder: RunFolder, attempt: int) -> dict[int, str]:
    """Return what the ranks of an attempt are called after their hosts; nothing where it ran here."""
    try:
        told = json.loads(folder.hosts(attempt).read_bytes())
        return {int(rank): str(name) for rank, name in told.items()}
    except (OSError, ValueError, AttributeError):
        return {}


@dataclass
class Follower:
    """Reads logs on from where it stopped; `chosen` and `attempt` as in `log_files`."""

    folder: RunFolder
    chosen: Collection[int] = ()
    attempt: int | None = None
    tail: int | None = None
    _places: dict[Path, int] = field(default_factory=dict)

    def read(self) -> Iterator[Chunk]:
        """Yield what came since the last time: attempt by attempt, of each rank what there is.

        With `tail` only that many lines of each log of the newest attempt, the first time.
        """
        files = log_files(self.folder, self.chosen, self.attempt)
        if self.tail is not None:
            newest = max((one.attempt for one in files), default=0)
            for one in files:
                end = one.path.stat().st_size
                self._places[one.path] = tail_start(one.path, self.tail) if one.attempt == newest else end
            self.tail = None
        for one in files:
            yield from self._rest(one)

    def _rest(self, log: LogFile) -> Iterator[Chunk]:
        try:
            file = log.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            place = self._places.get(log.path, 0)
            if os.fstat(file.fileno()).st_size < place:
                # it was emptied: begin again
                place = 0
            file.seek(place)
            while data := file.read(BLOCK):
                self._places[log.path] = place = place + len(data)
                yield Chunk(log, data)


def tail_start(path: Path, lines: int) -> int:
    """Return where the last `lines` lines of a file begin; a last one without its end is one, too."""
    with path.open("rb") as file:
        place = end = file.seek(0, os.SEEK_END)
        if lines <= 0 or not end:
            return end
        found = 0
        while place > 0:
            size = min(BLOCK, place)
            place -= size
            file.seek(place)
            block = file.read(size)
            at = len(block)
            if place + size == end and block.endswith(b"\n"):
                at -= 1
            while (at := block.rfind(b"\n", 0, at)) >= 0:
                found += 1
                if found == lines:
                    return place + at + 1
    return 0
