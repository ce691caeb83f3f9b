"""The JSON view: one versioned document on stdout."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from ..errors import Failure, Problem
from ..model.codec import to_json
from .events import Events
from .problems import unseen
from .redact import document as redacted
from .screen import Screen, encodable
from .streams import write
from .views import findings
from .words import Words

SCHEMA = 1


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
    told = {
        "provenv": SCHEMA,
        "command": command,
        "ok": ok,
        "data": redacted(_finite(to_json(data, words))),
        "problems": redacted(_finite(to_json(tuple(problems), words))),
    }
    if diagnosis is not None:
        told["diagnosis"] = redacted(_finite(to_json(diagnosis, words)))
    return json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False)


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
        text = document(self.command, ok, value, told, self.words, diagnosis)
        write(self.screen.out, encodable(text + "\n", self.screen.out))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list) else value
