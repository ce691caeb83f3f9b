"""What a view may know besides its value: the words, the width, the marks, how much to tell."""

from __future__ import annotations

from typing import NamedTuple

from .line import Span, prose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

    from ..errors import Argument, Text
    from .line import Line, Style
    from .words import Words

WIDEST = 100  # longer lines of prose are hard to read


class Marks(NamedTuple):
    """The signs in front of lines; meaning is never told by colour alone."""

    passed: str = "✓"
    failed: str = "✗"
    skipped: str = "–"
    warning: str = "!"
    arrow: str = "→"
    current: str = "▸"
    times: str = "×"
    ellipsis: str = "…"
    at_most: str = "≤"
    dot: str = " · "
    point: str = "·"
    branch: str = "├─ "
    last: str = "╰─ "
    through: str = "│  "
    rule: str = "│"
    faster: str = "▲"
    slower: str = "▼"
    bar: str = "█"


UNICODE = Marks()
ASCII = Marks(
    "ok", "FAIL", "skip", "!", "->", "*", "x", "...", "<=", ", ", "-", "|- ", "`- ", "|  ", "|", "^", "v", "#"
)


class Context(NamedTuple):
    """Everything that a view needs of the world; `timezone` None is the user's own."""

    words: Words
    width: int = 80
    marks: Marks = UNICODE
    verbose: bool = False
    timezone: tzinfo | None = None

    @property
    def prose_width(self) -> int:
        """Return the width in which sentences are set."""
        return min(self.width, WIDEST)

    def say(self, key: str, **args: Argument) -> str:
        """Return the words of `key`."""
        return self.words.say(key, **args)

    def prose(self, message: Text, style: Style = "plain") -> Line:
        """Return a message's words as a line, its literals marked."""
        return prose(self.words(message), style)

    def mark(self, status: str) -> Span:
        """Return the mark of a check that `passed`, `failed` or was `skipped`."""
        if status == "passed":
            return Span(self.marks.passed, "good")
        if status == "failed":
            return Span(self.marks.failed, "bad")
        return Span(self.marks.skipped, "quiet")
