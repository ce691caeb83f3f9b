"""What is kept of a log that was read: the hits of patterns, its beginning and its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from .rule import Pattern


@dataclass
class Hit:
    """One pattern's match: where first and last, the line's text, what it captured, how often."""

    cause: str
    pattern: Pattern
    line: int
    text: str
    captured: dict[str, str]
    last: int
    times: int = 1
    # the line before, which tells an echoed line of source code from a message
    before: str = ""
    # which characters of the text matched; none where the match runs over several lines
    start: int = 0
    length: int = 0


@dataclass
class Log:
    """What was kept of a log: the hits by `cause/pattern`, its beginning and end, and its size."""

    hits: dict[str, list[Hit]] = field(default_factory=dict)
    head: str = ""
    tail: str = ""
    lines: int = 0
    size: int = 0
    zeros: int = 0

    @property
    def text(self) -> str:
        """Beginning and end; the whole log where it is short."""
        return self.head + self.tail

    @property
    def binary(self) -> bool:
        """Whether so many bytes were zero that it can't be a text."""
        return self.zeros * 3 > self.size
