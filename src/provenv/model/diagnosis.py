"""What a diagnosis is: causes by weight, the lines that say so, what the machine adds, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Place, Text

Verdict = Literal["cause", "none", "unknown"]
Nature = Literal["", "own-code", "succeeded", "quiet"]


@dataclass(frozen=True)
class Quote:
    """A line of the log that says something: its 1-based number, its text, how often its like was seen.

    `counts` is how much it weighs (below zero it speaks against the cause), `adds` what of
    that the score has, where heavier evidence says the same; `name` is the rule's pattern.
    `start` and `length` tell which characters of the text matched.
    """

    line: int
    text: str
    counts: float
    times: int = 1
    name: str = ""
    adds: float = 0.0
    start: int = 0
    length: int = 0


@dataclass(frozen=True)
class Sign:
    """Evidence that is no line of its own: worked out of the log or the facts, or several things at once."""

    name: str
    counts: float
    adds: float = 0.0


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
    signs: tuple[Sign, ...] = ()
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
    `place` is the line of the user's own code at which it ended. `nature` tells what a log
    of no environment failure is: a mistake in one's own code, a run that succeeded, or a log
    without any word of failure. `suspects` are lines that speak of a failure which no rule knows.
    """

    cause: str | None
    verdict: Verdict
    candidates: tuple[Candidate, ...] = ()
    place: Place | None = None
    exception: str = ""
    nature: Nature = ""
    suspects: tuple[Quote, ...] = ()
    collect: tuple[Advice, ...] = ()
    read: Read = Read()
    source: str = ""


@dataclass(frozen=True)
class Answered:
    """The short answer that stands behind a failure which had not asked for it."""

    diagnosis: Diagnosis
