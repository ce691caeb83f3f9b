"""What the last run of the same command took, as its record tells: a guess at what the next one will take."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..model.resources import Earlier
from .folder import RunFolder, run_folders

TAIL = 1 << 20
"""Bytes that are read of a file's end: most of an hour of samples."""
LOOKED = 20
"""Runs that are looked through, the last ones."""
ENTRIES = 5000
CHECKPOINTS = (".pt", ".pth", ".ckpt", ".safetensors", ".keras")
SKIPPED = frozenset(("node_modules", "__pycache__", "site-packages"))


def earlier(root: Path, argv: Sequence[str]) -> Earlier:
    """Return what the last recorded run of `argv` in a project took, as far as its record tells."""
    for folder in reversed(run_folders(root)[-LOOKED:]):
        record = _object(folder.record)
        if record.get("argv") == list(argv):
            found = _of(folder, record)
            return found if found.checkpoint else _with_largest(found, root)
    return _with_largest(Earlier(), root)


def _with_largest(found: Earlier, root: Path) -> Earlier:
    largest = _largest(root)
    return replace(found, checkpoint=largest, guessed=True) if largest else found


def _of(folder: RunFolder, record: Mapping[str, Any]) -> Earlier:
    memory = shm = processes = checkpoint = 0
    base = Path(str(record.get("folder") or folder.path))
    for attempt in sorted(one for one in _names(folder.path) if one.isdigit()):
        number = int(attempt)
        least: int | None = None
        for said in _lines(folder.resources(number)):
            memory = max(memory, _whole(said.get("memory")))
            processes = max(processes, _whole(said.get("processes")))
            used = _whole(said.get("shm"))
            # the rest of the machine has its share of it
            least = used if least is None else min(least, used)
            shm = max(shm, used - least)
        for said in _lines(folder.seen(number)):
            if said.get("k") == "save" and isinstance(said.get("path"), str):
                checkpoint = max(checkpoint, _size(base / said["path"]))
    began = 0.0
    with suppress(ValueError):
        began = datetime.fromisoformat(str(record.get("began", "")).replace("Z", "+00:00")).timestamp()
    return Earlier(folder.id, memory, shm, processes, checkpoint, began)


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the last lines of a file of JSON lines; what is torn is passed over."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            content = file.read(TAIL)
    except OSError:
        return
    for line in content.splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            yield said


def _object(path: Path) -> Mapping[str, Any]:
    with suppress(OSError, ValueError, RecursionError):
        said = json.loads(path.read_bytes())
        if isinstance(said, dict):
            return said
    return {}


def _names(path: Path) -> list[str]:
    with suppress(OSError):
        return os.listdir(path)
    return []


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder (the first few thousand)."""
    if path.is_dir():
        return sum(_bytes(one) for one in _files(path))
    return _bytes(str(path))


def _largest(root: Path) -> int:
    """Return the size of the largest file below a folder that looks like a checkpoint; not everywhere."""
    return max((_bytes(one) for one in _files(root) if one.endswith(CHECKPOINTS)), default=0)


def _bytes(path: str) -> int:
    with suppress(OSError):
        return os.stat(path).st_size
    return 0


def _files(root: Path) -> Iterator[str]:
    seen = 0
    for place, folders, names in os.walk(root):
        folders[:] = [one for one in folders if not one.startswith(".") and one not in SKIPPED]
        for name in names:
            seen += 1
            if seen > ENTRIES:
                return
            yield os.path.join(place, name)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
