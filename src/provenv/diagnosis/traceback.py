"""Tracebacks in a log: the exception that ended the run, what it came of, the last line of one's own code.

Read are those of CPython (chained ones too), IPython and notebooks, pytest, with the
prefixes of ranks and containers in front of them, and pasted pieces without a head.
Of other languages' (C++, Go, Rust, Java) the exception alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .prefixes import without_prefix

HEAD = re.compile(r"Traceback \(most recent call last\)|^Original Traceback|^Remote Traceback")
LINKS: tuple[tuple[str, Literal["during", "cause"]], ...] = (
    ("During handling of the above exception, another exception occurred", "during"),
    ("The above exception was the direct cause of the following exception", "cause"),
)
FRAME = re.compile(
    r"""^\s{0,40}(?:
      File\s["'](?P<file>[^"'\n]{1,400})["'],\sline\s(?P<line>\d{1,9})(?:,\sin\s.{1,200})?        # CPython
    | File\s(?P<file2>[^\s:"]{1,400}\.py|[A-Za-z]:[^\s:"]{1,400}\.py|<ipython[^\s:]{1,80}>)   # notebooks
      :(?P<line2>\d{1,9})(?:,\sin\s.{0,200})?
    | (?P<file3>[~/\w][^\s:"]{0,400}\.py|[A-Za-z]:[^\s:"]{1,400}\.py|<ipython-input[^\s>]{1,80}>)
      \sin\s[\w<>.]{1,100}(?:\(.{0,200}\))?
    | (?P<file4>(?:Cell\s|Input\s)In\s?\[\d{1,6}\])(?:,\sline\s(?P<line4>\d{1,9})|,\sin\s.{0,200})?
    | (?P<file5>[\w.~/\\-][\w./\\ -]{0,300}\.py):(?P<line5>\d{1,9}):\s(?:in\s.{1,200}|\w{1,60})   # pytest
    )\s{0,20}$""",
    re.X,
)
ARROW = re.compile(r"^-{2,}>\s{0,8}(?P<line>\d{1,9})(?P<source>.{0,400})")
# what is one anywhere, and what is one where a traceback stands before it
EXCEPTION = re.compile(
    r"^(?:Exception in thread .{1,60}? |Caused by: )?(?P<type>(?:[A-Za-z_]\w{0,60}\.){0,6}"
    r"[A-Z]\w{0,80}(?:Error|Exception|Interrupt|Exit|Failure|Timeout|NotFound|Expired))(?::\s?(?P<message>.{0,2000}))?$"
)
RAISED = re.compile(
    r"^(?P<type>(?:[A-Za-z_]\w{0,60}\.){0,6}[A-Za-z_]\w{0,80})(?::\s(?P<message>.{0,2000}))?$"
)
NATIVE = (
    re.compile(
        r"terminate called after throwing an instance of '(?P<type>[^']{1,200})'\s{1,4}"
        r"what\(\):\s{1,4}(?P<message>.{0,500})"
    ),
    re.compile(r"^(?P<type>panic): (?P<message>.{1,500})", re.M),
    re.compile(r"^thread '[^']{0,100}' (?P<type>panicked) at (?P<message>.{1,500})", re.M),
    re.compile(
        r"^(?P<type>Segmentation fault|Bus error|Illegal instruction|Aborted|Killed)\b(?P<message>.{0,200})",
        re.M | re.I,
    ),
)
LIBRARY = re.compile(
    r"site-packages|dist-packages|[/\\]lib(?:64)?[/\\]python\d|[/\\]Lib[/\\]|python\d+(?:\.\d+)?[/\\]lib[/\\]|\.zip[/\\]|^<(?!ipython|stdin)|"
    r"[/\\](?:ana|mini)conda\d?[/\\]|[/\\]\.cargo[/\\]|/usr/bin/|[/\\]bin[/\\]|[/\\]Scripts[/\\]|pip-(?:build|install|req|modern)|"
    r"(?:^|[/\\])setup\.py$|\.egg[/\\]|[/\\]_pytest[/\\]",
    re.I,
)
# they only pass on that another process failed
MESSENGERS = frozenset(
    {
        "ChildFailedError",
        "CalledProcessError",
        "ProcessExitedException",
        "ProcessRaisedException",
        "SystemExit",
    }
)
# where most of Python's own exceptions are raised by code that was written wrongly, not by what it runs on
MISTAKES = frozenset(
    {
        *(
            "NameError",
            "UnboundLocalError",
            "SyntaxError",
            "IndentationError",
            "TabError",
            "KeyError",
            "IndexError",
        ),
        *("ZeroDivisionError", "AssertionError", "TypeError", "ValueError", "AttributeError"),
        *("NotImplementedError", "RecursionError", "StopIteration", "JSONDecodeError", "FileNotFoundError"),
        *("UnicodeDecodeError", "UnicodeEncodeError"),
    }
)
LINES = 20_000


@dataclass(frozen=True)
class Frame:
    """A place in a traceback; `own` where it is not in a library or in Python itself."""

    file: str
    line: int | None
    own: bool
    source: str = ""


@dataclass(frozen=True)
class Raised:
    """One exception with its frames; `link` says how it follows from the one before."""

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    link: Literal["", "during", "cause"] = ""


@dataclass(frozen=True)
class Ending:
    """The exception that ended the run, its frames, and the exceptions that it came of, the first first."""

    type: str
    message: str
    frames: tuple[Frame, ...] = ()
    chain: tuple[Raised, ...] = ()

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
        """The last frame of the user's own code; where the last exception has none, of what it came of."""
        for frames in (self.frames, *(one.frames for one in reversed(self.chain))):
            found = next((frame for frame in reversed(frames) if frame.own), None)
            if found is not None:
                return found
        return None

    def says(self, words: str) -> bool:
        """Whether a line is this exception's own, or that of the one it directly came of."""
        told = [(self.type, self.message)]
        if self.chain and self.chain[-1].link != "during":
            told.append((self.chain[0].type, self.chain[0].message))
        return any(kind in words and message[:60] in words for kind, message in told)


def ending(text: str) -> Ending | None:
    """Return the last exception that the text tells of, with its own frames and what it came of."""
    found = list(exceptions(text))
    place = next(
        (index for index in range(len(found) - 1, -1, -1) if _name(found[index]) not in MESSENGERS),
        len(found) - 1,
    )
    if place < 0:
        return _native(text)
    last = found[place]
    chain: list[Raised] = []
    link = last.link
    while link and place - len(chain) - 1 >= 0:
        before = found[place - len(chain) - 1]
        chain.insert(0, before)
        link = before.link
    # a chain is told with the link that leads on from each exception
    links = [*(one.link for one in chain[1:]), last.link][: len(chain)]
    linked = tuple(
        Raised(one.type, one.message, one.frames, follows) for one, follows in zip(chain, links, strict=True)
    )
    return Ending(last.type, last.message, last.frames, linked)


def exceptions(text: str) -> Iterator[Raised]:
    """Yield the exceptions of a text in their order; several processes are told apart by their prefixes."""
    readers: dict[str, _Reader] = {}
    for line in text.splitlines()[-LINES:]:
        own = without_prefix(line[:3000])
        raised = readers.setdefault(own.source, _Reader()).line(own.text)
        if raised is not None:
            yield raised


class _Reader:
    """Reads the lines of one process."""

    def __init__(self) -> None:
        self._frames: list[Frame] = []
        self._link: Literal["", "during", "cause"] = ""
        self._within = False
        self._wants_source = False

    def line(self, line: str) -> Raised | None:
        """Take the next line; return the exception that it ends with."""
        if HEAD.search(line):
            self._frames, self._within = [], True
            return None
        for words, link in LINKS:
            if words in line:
                self._link = link
                return None
        frame = (
            FRAME.match(line) if "In" in line or "File " in line or ".py" in line or "<ip" in line else None
        )
        if frame is not None:
            self._frames.append(_frame(frame))
            self._wants_source = True
            return None
        if self._frames and self._source(line):
            return None
        match = EXCEPTION.match(line)
        if match is None and self._within and self._frames:
            match = RAISED.match(line)
        if match is None:
            return None
        raised = Raised(match["type"], match["message"] or "", tuple(self._frames), self._link)
        self._frames, self._link, self._within = [], "", False
        return raised

    @property
    def waiting(self) -> tuple[Frame, ...]:
        """The frames whose exception has not come."""
        return tuple(self._frames)

    def _source(self, line: str) -> bool:
        """Take the line of code that a frame shows."""
        last = self._frames[-1]
        arrow = ARROW.match(line)
        if arrow is not None:
            self._frames[-1] = Frame(last.file, int(arrow["line"]), last.own, arrow["source"].strip())
            return True
        if self._wants_source and line.startswith("    ") and line.strip():
            self._frames[-1] = Frame(last.file, last.line, last.own, line.strip())
            self._wants_source = False
            return True
        return False


def last_frames(text: str) -> tuple[Frame, ...]:
    """Return the frames of a traceback that ends before its exception, as a paste may; else nothing."""
    reader = _Reader()
    for line in text.splitlines()[-LINES:]:
        reader.line(without_prefix(line[:3000]).text)
    return reader.waiting


def _frame(match: re.Match[str]) -> Frame:
    file = next(filter(None, match.group("file", "file2", "file3", "file4", "file5")))
    number = next(filter(None, match.group("line", "line2", "line4", "line5")), None)
    return Frame(file, int(number) if number else None, not LIBRARY.search(file))


def _name(raised: Raised) -> str:
    return raised.type.rpartition(".")[2]


def _native(text: str) -> Ending | None:
    """Return how a program in another language ended."""
    for pattern in NATIVE:
        found = list(pattern.finditer(text))
        if found:
            return Ending(found[-1]["type"], (found[-1]["message"] or "").strip())
    return None
