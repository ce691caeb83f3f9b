"""Tables of a TOML file with the line of every key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...errors import Failure
from ..positions import Path
from ..source import Source
from ..toml_text import Document, parse


def read_document(source: Source) -> Document:
    """Return the parsed file. Raises Failure with everything that is wrong with its text."""
    document = parse(source)
    errors = [one for one in document.problems if one.severity == "error"]
    if errors:
        raise Failure(*errors)
    return document


def place(document: Document, *path: str | int) -> str:
    """Return FILE:LINE of the key or element at `path`, or of what is nearest around it."""
    steps: Path = path
    while steps and steps not in document.positions.keys and steps not in document.positions.values:
        steps = steps[:-1]
    span = document.positions.keys.get(steps) or document.positions.values.get(steps)
    return f"{document.source.name}:{document.source.line_of(span.start) if span else 1}"


def table(document: Document, *path: str) -> dict[str, Any]:
    """Return the table at `path`, an empty one where there is none."""
    value: Any = document.data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def tables(document: Document, *path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the tables of the array at `path` with their numbers."""
    value: Any = document.data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    for number, entry in enumerate(value if isinstance(value, list) else ()):
        if isinstance(entry, dict):
            yield number, entry
