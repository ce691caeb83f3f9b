"""Unpacked wheels in uv's cache whose files are not as long as their RECORD says, or are gone.

Environments share these files by hard links: what was edited in one of them is wrong in all to come.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator, Mapping

from ...model.outside import Poisoned
from ...targets.recorded import normalised

BUDGET = 0.8
"""Seconds: what was not read by then is not told of."""
NAMED = 5
INFO = ".dist-info"


def poisoned(folder: str, wheels: Mapping[str, str]) -> tuple[Poisoned, ...]:
    """Return what is wrong with the unpacked wheels of these packages (normalised name to version)."""
    until = time.monotonic() + BUDGET
    found = []
    for archive, info in _archives(folder):
        name, _, version = info.removesuffix(INFO).partition("-")
        if wheels.get(normalised(name)) != version:
            continue
        wrong = _wrong(archive, info)
        if wrong:
            found.append(Poisoned(normalised(name), version, wrong, archive))
        if time.monotonic() > until:
            break
    return tuple(found)


def _archives(folder: str) -> Iterator[tuple[str, str]]:
    """Yield each unpacked wheel with the name of its metadata's folder."""
    try:
        with os.scandir(folder) as entries:
            archives = [one.path for one in entries if one.is_dir()]
    except OSError:
        return
    for archive in archives:
        try:
            names = os.listdir(archive)
        except OSError:
            continue
        info = next((one for one in names if one.endswith(INFO)), None)
        if info is not None:
            yield archive, info


def _wrong(archive: str, info: str) -> tuple[str, ...]:
    """Return the first files that are missing or of another size."""
    try:
        with open(os.path.join(archive, info, "RECORD"), encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError:
        return (f"{info}/RECORD",)
    except (OSError, UnicodeDecodeError, csv.Error):
        return ()
    found = []
    for row in rows:
        # uv writes its own lines into RECORD when it installs, in the environment alone
        if len(row) < 3 or not row[2].isdecimal() or row[0].startswith(("..", "/")):
            continue
        try:
            size = os.stat(os.path.join(archive, row[0]), follow_symlinks=False).st_size
        except OSError:
            size = -1
        if size != int(row[2]):
            found.append(row[0])
            if len(found) >= NAMED:
                break
    return tuple(found)
