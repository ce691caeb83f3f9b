"""The two streams of a terminal: how wide, in colour or not, and what their encoding can write."""

from __future__ import annotations

import os
import re
import sys
from typing import Literal, NamedTuple

from .. import environ
from ..lazy import load
from .context import ASCII, UNICODE, Context
from .line import Span
from .redact import redact
from .streams import tell, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TextIO

    from .context import Marks
    from .line import Line, Style
    from .words import Words

Color = Literal["auto", "always", "never"]
UNKNOWN_WIDTH = 100  # where nobody says how wide the terminal is: a pipe, a file

# SGR parameters (ECMA-48 8.3.117); the eight basic colours, which every theme makes readable
CODES: dict[Style, str] = {
    "strong": "1",
    "quiet": "2",
    "good": "32",
    "bad": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "code": "36",
}
_ESCAPES = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])"
_CONTROLS = r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"


class Screen(NamedTuple):
    """Where a command writes. Data goes to `out`, all the rest to `err`."""

    out: TextIO
    err: TextIO
    width: int = 80
    color_out: bool = False
    color_err: bool = False
    live: bool = False
    marks: Marks = UNICODE
    quiet: bool = False
    verbose: bool = False
    program: str = "provenv"

    def context(self, words: Words) -> Context:
        """Return what views need to know of this screen."""
        return Context(words, self.width, self.marks, self.verbose)

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines of data."""
        _write(self.out, [styled(self._runnable(line), self.color_out) for line in lines], write)

    def tell(self, lines: Iterable[Line]) -> None:
        """Write lines of everything that is not data."""
        _write(self.err, [styled(self._runnable(line), self.color_err) for line in lines], tell)

    def _runnable(self, line: Line) -> Line:
        """Return the line with our own commands written as this user can run them."""
        if self.program == "provenv":
            return line
        return tuple(
            Span(self.program + span.text.removeprefix("provenv"), span.style)
            if span.style == "code" and span.text.startswith("provenv ")
            else span
            for span in line
        )


def screen(
    *,
    color: Color = "auto",
    quiet: bool = False,
    verbose: bool = False,
    out: TextIO | None = None,
    err: TextIO | None = None,
    environment: Mapping[str, str] | None = None,
) -> Screen:
    """Return the screen of this process's streams (or of those that are given)."""
    out, err = out or sys.stdout, err or sys.stderr
    dumb = environ.read(environ.TERM, environment) == "dumb"
    return Screen(
        out=out,
        err=err,
        width=_width(err, out, environment),
        color_out=in_color(color, out, environment),
        color_err=in_color(color, err, environment),
        live=err.isatty() and not quiet and not dumb,
        marks=UNICODE if _encodes(out) and _encodes(err) else ASCII,
        quiet=quiet,
        verbose=verbose,
        program=_program(environ.read(environ.PROVENV_PROGRAM, environment)),
    )


def _program(path: str | None) -> str:
    """Return how this user starts provenv: by its name, or by the checkout's launcher, quoted for a shell."""
    if not path:
        return "provenv"
    whole = os.path.expanduser(path)
    quoted: str = load("quote")(whole)
    return path if quoted == whole else quoted


def in_color(color: Color, stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether to colour: the option decides, then NO_COLOR, FORCE_COLOR, TERM=dumb, then the stream."""
    if color != "auto":
        return color == "always"
    if environ.read(environ.NO_COLOR, environment):
        return False
    if environ.read(environ.FORCE_COLOR, environment) not in (None, "0", "false"):
        return True
    return environ.read(environ.TERM, environment) != "dumb" and stream.isatty()


def clean(text: str) -> str:
    """Return `text` without escape sequences and with control characters made visible.

    Names and other programs' output come from outside and must not move the cursor
    or turn text round.
    """
    if text.isprintable():
        return text
    shown = re.sub(_CONTROLS, lambda match: f"\\x{ord(match[0]):02x}", re.sub(_ESCAPES, "", text))
    return shown.replace("\t", "    ")


def styled(line: Line, color: bool) -> str:
    """Return a line as the terminal takes it."""
    pieces = []
    for span in line:
        text = redact(clean(span.text))
        code = CODES.get(span.style) if color and text.strip() else None
        pieces.append(f"\x1b[{code}m{text}\x1b[0m" if code else text)
    joined = "".join(pieces)
    return joined if color else joined.rstrip()


def encodable(text: str, stream: TextIO) -> str:
    """Return `text` with what the stream's encoding lacks written as `\\uXXXX`."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _write(stream: TextIO, lines: list[str], write: Callable[[TextIO, str], None]) -> None:
    if lines:
        write(stream, encodable("\n".join(lines) + "\n", stream))


def _width(err: TextIO, out: TextIO, environment: Mapping[str, str] | None) -> int:
    columns = environ.read(environ.COLUMNS, environment)
    if columns is not None and columns.isdecimal() and int(columns) > 0:
        return max(int(columns), 20)
    for stream in (err, out):
        try:
            width = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            continue
        if width > 0:
            return max(width, 20)
    return UNKNOWN_WIDTH


def _encodes(stream: TextIO) -> bool:
    try:
        "✓✗–→▸×…≤·├╰│".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
