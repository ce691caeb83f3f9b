"""A user's text file, read within limits, and places in it."""

from __future__ import annotations

import codecs
import os
import re
import stat
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..errors import Failure, Hint, Place, problem, text, verbatim

LIMIT = 1 << 20
"""Files over 1 MiB are refused unread."""

LONGEST_SHOWN = 1000
"""A longer line is not carried in a Place: nobody can read it under a caret."""

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]*:(?!\$\{)([^/\s@]+)(?=@)")
_CONTROL = dict.fromkeys((*range(9), *range(10, 32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_PLAIN_CODECS = re.compile(r"(utf-8|ascii|iso8859-\d+|cp\d+|gb\w+|big5\w*|shift_jis\w*|euc_\w+|koi8-\w)$")


@dataclass(frozen=True)
class Source:
    """The text of a file; `name` is its path relative to the project's folder.

    Offsets count characters of `text`, which has the file's own line endings
    but no byte order mark.
    """

    name: str
    text: str
    encoding: str = "utf-8"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_of(self, offset: int) -> int:
        """Return the 1-based line that `offset` stands in."""
        return bisect_right(self._starts, offset)

    def line(self, number: int) -> str:
        """Return the text of a line without its ending."""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")

    def start_of(self, number: int) -> int:
        """Return the offset at which a line begins."""
        return self._starts[number - 1]

    def place(self, offset: int, length: int = 1) -> Place:
        """Return the place of `length` characters from `offset`, cut at the line's end.

        Passwords in URLs are masked and control characters replaced, both
        without a change of width, so that the line can be shown.
        """
        number = self.line_of(max(0, min(offset, len(self.text))))
        line = self.line(number)
        column = offset - self._starts[number - 1] + 1
        length = max(1, min(length, len(line) - column + 1))
        shown = show(line) if len(line) <= LONGEST_SHOWN else None
        return Place(self.name, number, column, shown, length)


def show(line: str) -> str:
    """Return `line` as it may be shown: no password of a URL, no control character, the same width."""
    masked = _CREDENTIALS.sub(lambda match: match[0].replace(match[1], "*" * len(match[1])), line)
    return masked.translate(_CONTROL)


def brief(words: str) -> str:
    """Return what a user wrote, short enough for a message, as it may be shown."""
    return show(words if len(words) <= 80 else f"{words[:77]}...")


def has_password(line: str) -> re.Match[str] | None:
    """Return where a URL in `line` carries a literal password (`${NAME}` is none)."""
    return _CREDENTIALS.search(line) if len(line) <= LONGEST_SHOWN else None


def read_toml(root: Path, path: Path, where: Place | None = None) -> Source:
    """Return the TOML file at `path`, which is UTF-8 by definition.

    `where` is the place that names the file. Raises Failure where it is
    missing, no regular file, too large, binary or in another encoding.
    """
    name = relative(root, path)
    return _decode(name, read_bytes(path, name, where), _toml_encoding)


def read_requirements(root: Path, path: Path, where: Place | None = None) -> Source:
    """Return the requirements file at `path`: byte order mark, then `# coding:`, then UTF-8, as pip reads it.

    Raises Failure as `read_toml` does.
    """
    name = relative(root, path)
    return _decode(name, read_bytes(path, name, where), _requirements_encoding)


def relative(root: Path, path: Path) -> str:
    """Return `path` relative to `root` with forward slashes (absolute where drives differ)."""
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:
        return path.as_posix()


def read_bytes(path: Path, name: str, where: Place | None = None, *, limit: int = LIMIT) -> bytes:
    """Return a regular file's content, of `limit` bytes at most.

    A FIFO or device in its place is neither waited for nor read.
    """
    place = where or Place(name)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Failure(problem("PV109", file=name, where=place))
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            size = os.fstat(descriptor).st_size
            content = file.read(limit + 1) if size <= limit else b""
    except FileNotFoundError:
        raise Failure(problem("PV108", file=name, where=place, why=text("spec.read.missing"))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Failure(problem("PV108", file=name, where=place, why=verbatim(reason))) from None
    if size > limit or len(content) > limit:
        found = max(size, len(content))
        why = text("PV110.why", limit_bytes=limit)
        raise Failure(problem("PV110", file=name, size_bytes=found, where=place, why=why))
    return content


def _decode(name: str, content: bytes, encoding_of: Callable[[str, bytes], str]) -> Source:
    encoding = encoding_of(name, content)
    try:
        words = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        raise Failure(
            problem(
                "PV111",
                file=name,
                where=Place(name, line, column),
                why=text("spec.read.undecodable", encoding=encoding, byte=f"0x{content[error.start]:02x}"),
                hints=(Hint(text("spec.read.save_as_utf8")),),
            )
        ) from None
    nul = words.find("\0")
    if nul >= 0:
        line, column = words.count("\n", 0, nul) + 1, nul - (words.rfind("\n", 0, nul) + 1) + 1
        raise Failure(
            problem("PV111", file=name, where=Place(name, line, column), why=text("spec.read.binary"))
        )
    return Source(name, words, encoding)


def _toml_encoding(name: str, content: bytes) -> str:
    found = next((label for mark, label in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    if not found.startswith("utf-8"):
        raise Failure(
            problem(
                "PV111",
                file=name,
                where=Place(name),
                why=text("spec.read.not_utf8", encoding=found.upper()),
                hints=(Hint(text("spec.read.save_as_utf8")),),
            )
        )
    return found


def _requirements_encoding(name: str, content: bytes) -> str:
    for mark, label in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return label
    for number, line in enumerate(content.split(b"\n", 2)[:2], start=1):
        if match := _CODING.match(line):
            label = match[1].decode("ascii", "replace")
            try:
                known = codecs.lookup(label).name
            except LookupError:
                known = ""
            if not _PLAIN_CODECS.match(known):
                place = Place(name, number, match.start(1) + 1, length=len(label))
                raise Failure(
                    problem(
                        "PV111", file=name, where=place, why=text("spec.read.coding_unknown", encoding=label)
                    )
                )
            return known
    return "utf-8"
