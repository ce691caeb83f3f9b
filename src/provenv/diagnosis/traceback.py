"""Python's tracebacks in a log: the exception that ended the run, and the last line of the user's own code.

Read are those of CPython, of IPython and notebooks, and pasted pieces without a head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

FRAME = re.compile(
    r"""^[^\S\n]*(?:\w{1,20}[:|]\s)?File\ ["'](?P<file>[^"'\n]{1,400})["'],\ line\ (?P<line>\d+)(?:,\ in\ (?P<name>[^\n]{1,200}))?$
       |^[^\S\n]*File\ (?P<file2>[^\s:"]{1,400}\.py|<ipython[^\s:]{1,80}>):(?P<line2>\d+)(?:,\ in\ [^\n]{0,200})?
       |^[^\S\n]*(?P<file3>[~/\w][^\s:"]{0,400}\.py|<ipython-input[^\s>]{1,80}>)\ in\ [\w<>.]+(?:\([^\n]{0,200}\))?$""",
    re.X | re.M,
)
EXCEPTION = re.compile(
    r"^(?:\[?rank\s?\d+\]?:\s?|E\s{1,8}|\w+\s*\|\s)?(?P<type>(?:[A-Za-z_]\w*\.){0,6}[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Failure|Timeout|Warning|NotFound))"
    r"(?::[^\S\n]?(?P<message>[^\n]{0,2000}))?$",
    re.M,
)
LIBRARY = re.compile(
    r"site-packages|dist-packages|[/\\]lib(?:64)?[/\\]python\d|[/\\]Lib[/\\]|python\d+(?:\.\d+)?[/\\]lib[/\\]|\.zip[/\\]|<frozen|^<__array|"
    r"[/\\](?:ana|mini)conda\d?[/\\]|[/\\]\.cargo[/\\]|/usr/bin/|[/\\]bin[/\\]|[/\\]Scripts[/\\]|pip-(?:build|install|req|modern)",
    re.I,
)
# where most of Python's own exceptions are raised by code that was written wrongly, not by what it runs on
MISTAKES = frozenset(
    "NameError UnboundLocalError SyntaxError IndentationError TabError KeyError IndexError ZeroDivisionError "
    "AssertionError TypeError ValueError AttributeError NotImplementedError RecursionError StopIteration "
    "JSONDecodeError FileNotFoundError UnicodeDecodeError".split()
)


@dataclass(frozen=True)
class Frame:
    """A place in a traceback; `own` where it is not in a library or in Python itself."""

    file: str
    line: int | None
    own: bool
    source: str = ""


@dataclass(frozen=True)
class Ending:
    """The last exception of a log, where it was raised, and the last frame of the user's own code."""

    type: str
    message: str
    frames: tuple[Frame, ...] = ()

    @property
    def name(self) -> str:
        """The exception's name without its module."""
        return self.type.rpartition(".")[2]

    @property
    def raised(self) -> Frame | None:
        """The frame that raised it."""
        return self.frames[-1] if self.frames else None

    @property
    def own(self) -> Frame | None:
        """The last frame of the user's own code."""
        return next((frame for frame in reversed(self.frames) if frame.own), None)


def ending(text: str) -> Ending | None:
    """Return the last exception that the text tells of, with the frames of its own traceback."""
    last = None
    for last in EXCEPTION.finditer(text):
        pass
    if last is None:
        return None
    start = text.rfind("Traceback (most recent call last)", 0, last.start())
    return Ending(last["type"], last["message"] or "", tuple(frames(text[max(start, 0) : last.start()])))


def frames(text: str) -> Iterator[Frame]:
    """Yield the frames of a traceback, the outermost first."""
    for match in FRAME.finditer(text):
        file = match["file"] or match["file2"] or match["file3"]
        number = match["line"] or match["line2"]
        behind = text[match.end() + 1 :].split("\n", 1)[0]
        source = behind.strip() if behind.startswith("    ") else ""
        yield Frame(file, int(number) if number else None, not LIBRARY.search(file), source)
