"""What a rule is: one cause, the lines that speak for and against it, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..model.diagnosis import Reference


@dataclass(frozen=True)
class Said:
    """Words in both languages; `{name}` stands for what a pattern captured."""

    en: str
    zh: str


@dataclass(frozen=True)
class Pattern:
    """Something that a program prints: a regular expression over one line, or over `span` lines.

    `weight` is 1 (a hint) to 10 (says it by itself); below zero it is
    counter-evidence. `noise` marks a line that frightens without cause:
    other rules' matches on it hardly count.
    """

    id: str
    regex: str
    weight: float
    anchors: frozenset[str]
    span: int = 1
    noise: bool = False
    case: bool = False
    example: str = ""
    # of each of these sets a word must stand in the line too
    needs: tuple[frozenset[str], ...] = ()

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression; compiled only where its anchor was seen."""
        return re.compile(self.regex, 0 if self.case else re.IGNORECASE)


@dataclass(frozen=True)
class Together:
    """Patterns or signals of any rule (by `cause/id`, or by `id` in the same file) that say more at once."""

    names: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Signal:
    """Something that was worked out of the log (`log.*`) or the facts (`machine.*`), and what it weighs."""

    name: str
    weight: float


@dataclass(frozen=True)
class When:
    """Where a remedy holds; an empty field does not ask."""

    system: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    manager: tuple[str, ...] = ()
    pattern: tuple[str, ...] = ()
    container: bool | None = None
    wsl: bool | None = None


@dataclass(frozen=True)
class Step:
    """A remedy or a way to confirm, before it is fitted to a machine."""

    says: Said | None = None
    commands: tuple[str, ...] = ()
    when: When = When()
    root: bool = False


@dataclass(frozen=True)
class Rule:
    """All that is known of one cause. `over` names causes which are only its symptoms."""

    cause: str
    what: Said
    why: Said
    patterns: tuple[Pattern, ...] = ()
    together: tuple[Together, ...] = ()
    signals: tuple[Signal, ...] = ()
    over: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    remedies: tuple[Step, ...] = ()
    confirm: tuple[Step, ...] = ()
    references: tuple[Reference, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
