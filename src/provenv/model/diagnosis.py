"""What a diagnosis is: causes by weight, the lines that say so, what the machine adds, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Place, Text

Verdict = Literal["cause", "none", "unknown"]


@dataclass(frozen=True)
class Quote:
    """A line of the log that says something: its 1-based number, its text, how often its like was seen.

    `counts` is how much it weighs; below zero it speaks against the cause.
    """

    line: int
    text: str
    counts: float
    times: int = 1


@dataclass(frozen=True)
class Advice:
    """Something to do or to look at: words, commands as they stand for this machine, or both.

    `root` says that the commands need an administrator's right.
    """

    text: Text | None = None
    commands: tuple[str, ...] = ()
    root: bool = False


@dataclass(frozen=True)
class Reference:
    """Where to read more."""

    title: str
    url: str


@dataclass(frozen=True)
class Candidate:
    """One cause that may lie behind a log.

    `weight` is its share among all candidates and the unknown (0 to 1), `score` the
    sum of its evidence. `machine` is what the facts add.
    """

    cause: str
    weight: float
    score: float
    what: Text
    why: Text
    quotes: tuple[Quote, ...] = ()
    machine: tuple[Text, ...] = ()
    remedies: tuple[Advice, ...] = ()
    confirm: tuple[Advice, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Read:
    """How much of the log was read: lines, bytes, and whether it ended inside a line of text."""

    lines: int = 0
    size: int = 0
    binary: bool = False


@dataclass(frozen=True)
class Diagnosis:
    """The answer to a log.

    `cause` is the first candidate's id, `none` where nothing of the environment
    failed, and None where no rule knows it: then `collect` lists what would help.
    `place` is the line of the user's own code at which it ended.
    """

    cause: str | None
    verdict: Verdict
    candidates: tuple[Candidate, ...] = ()
    place: Place | None = None
    exception: str = ""
    collect: tuple[Advice, ...] = ()
    read: Read = Read()
    source: str = ""


@dataclass(frozen=True)
class Answered:
    """The short answer that stands behind a failure which had not asked for it."""

    diagnosis: Diagnosis
