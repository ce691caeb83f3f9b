"""What a target remembers: generations, their proofs and plans, read from and written to `.provenv`."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ..errors import Failure, Hint, problem, text, verbatim
from ..hosts.files import write_whole
from ..model.codec import from_json, to_json
from ..model.state import Generation, State
from . import names
from .layout import Layout
from .names import RECORD

LOCK = "pylock.toml"
NAME = re.compile(r"\d{4,}")

T = TypeVar("T")


def read_state(layout: Layout) -> State:
    """Return the generations that are recorded, oldest first, and which one is current.

    A folder without a record is an unfinished build: it is not a generation.
    """
    numbers = sorted(int(path.name) for path in _folders(layout) if (path / RECORD).is_file())
    generations = tuple(read_generation(layout, number) for number in numbers)
    current = current_number(layout)
    return State(
        layout.target,
        str(layout.root),
        current if any(one.number == current for one in generations) else None,
        generations,
    )


def current_number(layout: Layout) -> int | None:
    """Return the number that the switch points to, whatever lies there."""
    return names.current_number(str(layout.base))


def next_number(layout: Layout) -> int:
    """Return a number that no generation, finished or not, ever had here."""
    return max((int(path.name) for path in _folders(layout)), default=current_number(layout) or 0) + 1


def unfinished(layout: Layout) -> tuple[Path, ...]:
    """Return what killed builds and clean-ups left behind."""
    if not layout.generations.is_dir():
        return ()
    return tuple(
        path
        for path in sorted(layout.generations.iterdir())
        if not (NAME.fullmatch(path.name) and (path / RECORD).is_file())
    )


def read_generation(layout: Layout, number: int) -> Generation:
    """Return the record of a generation, its path as it is now (a project may have been moved).

    Raises Failure PV403 where the record is damaged.
    """
    generation = read_json(Generation, layout.generation(number) / RECORD)
    return replace(generation, path=str(layout.generation(number)))


def write_generation(layout: Layout, generation: Generation) -> None:
    """Write the record of a generation, whole or not at all."""
    relative = replace(generation, path=layout.generation(generation.number).name)
    write_json(layout.generation(generation.number) / RECORD, relative)


def write_value(layout: Layout, number: int, name: str, value: object) -> None:
    """Write any of the model's values into a generation's folder as `name`."""
    write_json(layout.generation(number) / name, value)


def read_value(layout: Layout, number: int, name: str, kind: type[T]) -> T | None:
    """Return a value that `write_value` wrote, or None where there is none."""
    path = layout.generation(number) / name
    return read_json(kind, path) if path.is_file() else None


def read_data(layout: Layout, number: int, name: str) -> Any:
    """Return what `write_value` wrote as plain data, or None where there is none. Raises as `read_json`."""
    path = layout.generation(number) / name
    return _data(path) if path.is_file() else None


def _folders(layout: Layout) -> list[Path]:
    if not layout.generations.is_dir():
        return []
    return [path for path in layout.generations.iterdir() if NAME.fullmatch(path.name)]


def write_json(path: Path, value: object) -> None:
    """Write a value of the model as JSON, whole or not at all."""
    write_whole(path, json.dumps(to_json(value), indent=1, ensure_ascii=False).encode() + b"\n")


def read_json(kind: type[T], path: Path) -> T:
    """Return the value that `write_json` wrote. Raises Failure PV403, PV404."""
    data = _data(path)
    try:
        return from_json(kind, data)
    except ValueError as error:
        raise _damaged(path, error) from error


def _data(path: Path) -> Any:
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _damaged(path, error) from error
    schema = data.get("schema", 1) if isinstance(data, dict) else 1
    if isinstance(schema, int) and schema > 1:
        raise Failure(problem("PV404", path=str(path), schema=schema))
    return data


def _damaged(path: Path, error: Exception) -> Failure:
    hints = (Hint(text("PV403.hint"), "provenv rollback"), Hint(None, "provenv up"))
    return Failure(problem("PV403", path=str(path), why=verbatim(str(error)), hints=hints))
