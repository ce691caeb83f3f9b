"""What hosts answered the last time: `.provenv/<target>/hosts/<host>/facts.json`.

The file is what `provenv facts --json` writes of a machine, so that a lock can be made from it. What is
lost of it in a power cut is asked again: nothing waits for the disk here.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from ... import facts as facts_room
from ...errors import Exit, Failure, problem
from ...hosts.refused import refused
from ...model.codec import from_json, to_json
from ...model.facts import Facts
from ...model.fleet import Clock, HostResult
from ...targets.guard import make_home
from ...targets.layout import Layout

HOSTS, FACTS, UNANSWERED = "hosts", "facts.json", "unanswered"
ASKED = "asked"
"""The key, beside those of the facts, under which stands how they came."""


class Kept:
    """The folder of one target's hosts."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def folder(self, host: str) -> Path:
        """Return what a host's things lie in."""
        return self._layout.base / HOSTS / quote(host, safe="@%")

    def write(self, result: HostResult[Facts], clock: Clock | None) -> None:
        """Keep what a host answered, or that it did not; what it said before stays then.

        Raises Failure as `targets.guard.make_home` and `hosts.refused` do, PV765 where it can't be written.
        """
        folder = self.folder(result.host)
        if not folder.is_dir():
            make_home(self._layout, folder)
        try:
            if result.value is None:
                (folder / UNANSWERED).touch()
                return
            asked = {"seconds": result.seconds, "clock": to_json(clock)}
            words = json.dumps({**to_json(result.value), ASKED: asked}, ensure_ascii=False)
            _replace(folder / FACTS, words)
            with suppress(FileNotFoundError):
                (folder / UNANSWERED).unlink()
        except OSError as error:
            reason = error.strerror or str(error)
            raise refused(error, str(folder)) or Failure(
                problem("PV765", path=str(folder), reason=reason), exit_code=Exit.DENIED
            ) from error

    def written(self, host: str) -> float | None:
        """Return when a host answered the last time, in seconds since 1970; None where it never did."""
        try:
            return (self.folder(host) / FACTS).stat().st_mtime
        except OSError:
            return None

    def read(self, host: str) -> tuple[HostResult[Facts], Clock | None] | None:
        """Return what a host answered the last time; None where it did not, or was never asked."""
        folder = self.folder(host)
        if (folder / UNANSWERED).exists():
            return None
        try:
            found = facts_room.load(folder / FACTS)
            asked = json.loads((folder / FACTS).read_text(encoding="utf-8")).get(ASKED)
        except (Failure, OSError, ValueError):
            return None
        return _answered(host, found, asked if isinstance(asked, dict) else {})


def _answered(host: str, found: Facts, asked: dict[str, object]) -> tuple[HostResult[Facts], Clock | None]:
    seconds = asked.get("seconds")
    result = HostResult(host, found, None, float(seconds) if isinstance(seconds, (int, float)) else 0.0)
    try:
        return result, from_json(Clock, asked.get("clock"))
    except ValueError:
        return result, None


def _replace(path: Path, words: str) -> None:
    """Write a file whole, without waiting until it is on the disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(words + "\n", encoding="utf-8")
    os.replace(beside, path)
