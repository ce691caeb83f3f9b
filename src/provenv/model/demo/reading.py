"""What the readers of an example's files share: JSON whose every value is looked at before it counts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ...errors import Failure, Hint, Place, Text, problem, text

MOST = 24 << 20
"""Characters of one file that are read."""
LONGEST = 4000
"""Characters of one text that are kept."""


class Malformed(ValueError):
    """What does not fit, in words; the readers turn it into a Failure with its place."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.key)
        self.why = why


def failure(code: str, file: str, malformed: Malformed, run: str, line: int | None = None) -> Failure:
    """Return the failure that names the file, what is wrong with it, and the run that makes it anew."""
    hints = (Hint(text("demo.make_again"), f"provenv run {run}"),)
    return Failure(problem(code, where=Place(file, line), why=malformed.why, hints=hints))


def object_of(content: str) -> Mapping[str, Any]:
    """Return the one JSON object that a file or a line holds."""
    if len(content) > MOST:
        raise Malformed(text("demo.too_long", most=MOST >> 20))
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Malformed(text("demo.no_json", detail=str(error))) from error
    if not isinstance(data, dict):
        raise Malformed(text("demo.no_object"))
    return data


def table(data: object, field: str) -> Mapping[str, Any]:
    """Return an object within."""
    if not isinstance(data, dict):
        raise Malformed(text("demo.unexpected", field=field))
    return data


def sequence(data: object, field: str, length: int | None = None, most: int = 100_000) -> Sequence[Any]:
    """Return a list, of `length` where one is given."""
    if not isinstance(data, list) or len(data) > most or (length is not None and len(data) != length):
        raise Malformed(text("demo.unexpected", field=field))
    return data


def filled(data: Mapping[str, Any], key: str, where: str = "") -> Sequence[Any]:
    """Return a list that is not empty."""
    field = f"{where}.{key}" if where else key
    entries = sequence(data.get(key), field)
    if not entries:
        raise Malformed(text("demo.unexpected", field=field))
    return entries


def number(data: object, field: str, low: float = 0.0, high: float = 1.0) -> float:
    """Return a finite number within low..high."""
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        raise Malformed(text("demo.unexpected", field=field))
    if not low <= data <= high or not math.isfinite(data):
        raise Malformed(text("demo.out_of_range", field=field, value=shown(data)))
    return float(data)


def any_number(data: object, field: str) -> float:
    """Return a finite number."""
    return number(data, field, -1e300, 1e300)


def maybe(data: object, field: str, low: float = -1e300, high: float = 1e300) -> float | None:
    """Return a finite number, None for null."""
    return None if data is None else number(data, field, low, high)


def whole(data: object, field: str) -> int:
    """Return a whole number from 0."""
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 1 << 62:
        raise Malformed(text("demo.unexpected", field=field))
    return data


def count(data: Mapping[str, Any], key: str) -> int:
    """Return a whole number from 1."""
    found = whole(data.get(key), key)
    if found == 0:
        raise Malformed(text("demo.out_of_range", field=key, value="0"))
    return found


def words(data: object, field: str, most: int = LONGEST) -> str:
    """Return a text; what is longer than `most` is cut."""
    if not isinstance(data, str):
        raise Malformed(text("demo.unexpected", field=field))
    return data if len(data) <= most else data[: most - 1] + "…"


def path(data: object, field: str, ending: str) -> str:
    """Return a file's path below `outputs/`: relative, going nowhere else, of the kind that is meant."""
    if not isinstance(data, str) or len(data) > 200:
        raise Malformed(text("demo.unexpected", field=field))
    parts = PurePosixPath(data).parts
    if not parts or data.startswith("/") or "\\" in data or "\0" in data or ".." in parts or ":" in parts[0]:
        raise Malformed(text("demo.elsewhere", field=field, value=data))
    if not data.lower().endswith(ending):
        raise Malformed(text("demo.other_kind", field=field, value=data, ending=ending))
    return "/".join(parts)


def shown(value: float) -> str:
    """Return a number for a message; one of thousands of digits is not written out."""
    return str(value) if abs(value) < 1e18 else "> 1e18"
