"""The JSON view: one versioned document on stdout."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any

from ..errors import Failure, Problem, Text
from ..model.codec import to_json
from .events import Events
from .problems import unseen
from .redact import document as redacted
from .screen import Screen, encodable
from .streams import write_all
from .views import findings
from .words import Words

SCHEMA = 1
INDENT = "  "
OPENED = 3
"""Levels of a document that are written entry by entry: its own, its data's, a list of hosts in that."""


def document(
    command: str,
    ok: bool,
    data: object,
    problems: Sequence[Problem],
    words: Words,
    diagnosis: object = None,
) -> str:
    """Return `{"provenv": 1, "command", "ok", "data", "problems"}`, every Text with its words.

    A failure that the rules know carries their answer as `diagnosis`. Secrets are masked.
    A figure that JSON cannot write (NaN, infinity) becomes null.
    """
    return "".join(pieces(command, ok, data, problems, words, diagnosis))


def pieces(
    command: str,
    ok: bool,
    data: object,
    problems: Sequence[Problem],
    words: Words,
    diagnosis: object = None,
) -> Iterator[str]:
    """Yield the document piece by piece: what a thousand hosts told is never in memory as JSON."""
    told: dict[str, object] = {
        "provenv": SCHEMA,
        "command": command,
        "ok": ok,
        "data": data,
        "problems": tuple(problems),
    }
    if diagnosis is not None:
        told["diagnosis"] = diagnosis
    return _pieces(told, words, 0)


class JsonView:
    """Writes the document when a command ends, and events while it works."""

    def __init__(self, command: str, words: Words, screen: Screen) -> None:
        self.command = command
        self.words = words
        self.screen = screen
        self.progress = Events(screen, words)

    def show(self, value: object) -> None:
        """Keep silent: a document has one value, which `done` or `failed` writes."""

    def done(self, value: object = None, problems: Sequence[Problem] = ()) -> None:
        """Write the document of a command that did what it was asked."""
        self._write(True, value, problems)

    def failed(self, failure: Failure, value: object = None) -> None:
        """Write the document of a command that failed, with what it found before."""
        self._write(False, failure.data if value is None else value, failure.problems, failure.diagnosis)

    def close(self) -> None:
        """Nothing is open."""

    def _write(self, ok: bool, value: object, problems: Sequence[Problem], diagnosis: object = None) -> None:
        told = list(self.progress.shown)
        unseen((*problems, *findings(value)), told)
        whole = pieces(self.command, ok, value, told, self.words, diagnosis)
        out = self.screen.out
        write_all(out, (encodable(piece, out) for piece in chain(whole, ("\n",))))


def _pieces(value: object, words: Words, level: int) -> Iterator[str]:
    opened = _opened(value) if level < OPENED else ()
    if not opened:
        written = _dumps(redacted(_finite(to_json(value, words))))
        # no string has a line break of its own in JSON
        yield written.replace("\n", "\n" + INDENT * level)
        return
    is_named = opened[0][0] is not None
    before = "{\n" if is_named else "[\n"
    for name, entry in opened:
        yield before + INDENT * (level + 1) + ("" if name is None else _dumps(name) + ": ")
        if name is not None and isinstance(entry, str):
            yield _dumps(redacted({name: entry})[name])
        else:
            yield from _pieces(entry, words, level + 1)
        before = ",\n"
    yield "\n" + INDENT * level + ("}" if is_named else "]")


def _opened(value: object) -> Sequence[tuple[str | None, object]]:
    """Return what a value has in it, by name where it has names, as `to_json` would write it."""
    if isinstance(value, (list, tuple)):
        return [(None, entry) for entry in value]
    if isinstance(value, Mapping):
        return [(str(name), entry) for name, entry in value.items()]
    if is_dataclass(value) and not isinstance(value, (type, Text)):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    return ()


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=len(INDENT), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list) else value
