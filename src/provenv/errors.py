"""All that can go wrong for a user, as data.

    Failure (exception)
      `-- problems: tuple of Problem (code, what, where, why, hints)

A `Text` is a message that is not yet words: a key of the catalogues and its
arguments. Only `ui` turns it into English or Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal


class Exit(IntEnum):
    """What a provenv process returns to its caller."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNPROVEN = 3
    DENIED = 4
    CHANGES = 10
    DEFECT = 70
    INTERRUPTED = 130


Argument = str | int | float


@dataclass(frozen=True)
class Text:
    """A message by its catalogue key; `args` fill the `{placeholders}`.

    An argument called `n` chooses the plural form.
    """

    key: str
    args: Mapping[str, Argument] = field(default_factory=dict)


def text(key: str, /, **args: Argument) -> Text:
    """Return the message `key` with its arguments."""
    return Text(key, args)


def verbatim(words: str) -> Text:
    """Return words that are shown as they are: another program's output, a path."""
    return Text("verbatim", {"text": words})


def bilingual(en: str, zh: str) -> Text:
    """Return words that stand in data, in both languages, instead of in the catalogues."""
    return Text("bilingual", {"en": en, "zh_CN": zh})


@dataclass(frozen=True)
class Place:
    """Where in a file: 1-based line and column, the line itself, how many characters to mark."""

    file: str
    line: int | None = None
    column: int | None = None
    source: str | None = None
    length: int = 1


@dataclass(frozen=True)
class Hint:
    """What to do next: words, a command that can be run as it stands, or both."""

    text: Text | None = None
    command: str | None = None


@dataclass(frozen=True)
class Problem:
    """One thing that went wrong or deserves a warning; `what` is keyed by `code` in the catalogues."""

    code: str
    what: Text
    where: Place | None = None
    why: Text | None = None
    hints: tuple[Hint, ...] = ()
    severity: Literal["error", "warning", "note"] = "error"


def problem(
    code: str,
    /,
    *,
    where: Place | None = None,
    why: Text | None = None,
    hints: tuple[Hint, ...] = (),
    severity: Literal["error", "warning", "note"] = "error",
    **args: Argument,
) -> Problem:
    """Return a Problem whose words are the catalogue's entry for `code`."""
    return Problem(code, Text(code, args), where, why, hints, severity)


class Failure(Exception):
    """Raised where a command cannot go on; carries everything to be shown.

    `data` is what was found before it failed (a proof's Evidence), shown as a result is;
    `diagnosis` is what the rules say of it (a model.diagnosis.Diagnosis), shown last.
    """

    def __init__(
        self,
        *problems: Problem,
        exit_code: int = Exit.FAILED,
        data: object = None,
        diagnosis: object = None,
    ) -> None:
        super().__init__(*(p.code for p in problems))
        self.problems = problems
        self.exit_code = exit_code
        self.data = data
        self.diagnosis = diagnosis
