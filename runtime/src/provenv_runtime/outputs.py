"""What a training leaves for people and pages: JSON files, whole or not at all, and a line for each epoch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as JSON beside the goal and rename it there; the folder is made. NaN is refused."""
    _replace(Path(path), json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def append_line(path: str | os.PathLike[str], line: Mapping[str, Any]) -> None:
    """Append one JSON object as a line, in one write, and make it durable."""
    goal = Path(path)
    goal.parent.mkdir(parents=True, exist_ok=True)
    words = _line(line)
    with goal.open("ab", buffering=0) as file:
        file.write(words.encode())
        os.fsync(file.fileno())


def keep_lines(path: str | os.PathLike[str], lines: Iterable[Mapping[str, Any]]) -> None:
    """Write the file anew with these lines: a checkpoint leads, what was written after it is made again."""
    _replace(Path(path), "".join(_line(one) for one in lines))


def read_lines(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the objects of a file of lines; none where it is missing, and not what was torn at its end."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return []
    whole, _, _torn = content.rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines() if line.strip()]


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def _replace(goal: Path, words: str) -> None:
    """Write a file whole or not at all."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    beside = goal.with_name(f".{goal.name}.{os.getpid()}")
    try:
        beside.write_text(words, encoding="utf-8")
        os.replace(beside, goal)
    finally:
        beside.unlink(missing_ok=True)
