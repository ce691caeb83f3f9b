"""Files that are there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(path: Path, content: bytes) -> None:
    """Write a file so that a kill or a power cut at any moment leaves the old content or the new.

    The content goes to the disk beside its place (fsync), then takes the place by one rename.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename itself
        finally:
            os.close(folder)


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON, whole or not at all."""
    write(path, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


def write_lines(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write one JSON object a line, whole or not at all."""
    write(path, "".join(json.dumps(entry, allow_nan=False) + "\n" for entry in entries).encode())


def append_line(path: Path, entry: Mapping[str, Any]) -> None:
    """Append one JSON object as a line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, allow_nan=False) + "\n")
