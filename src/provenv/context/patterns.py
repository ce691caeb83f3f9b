"""Patterns of paths in two dialects: git's (`code`, .gitignore) and Docker's (.dockerignore).

git's are those of gitignore(5) as wildmatch.c reads them; Docker's those of moby/patternmatcher, with what
older engines and buildah (containers/storage, pkg/fileutils) do alike. Both are written out here because a
library has one of the two at most, and a rendered .dockerignore has to mean what was chosen by the other.
Of git's one thing differs: `?` and a set stand for a character, where git means a byte.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Dialect = Literal["git", "docker"]

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_NEVER = "(?!)"
"""An expression that nothing matches: what a pattern means that its dialect does not take."""


@dataclass(frozen=True)
class Pattern:
    """One pattern: `words` without what stands around them.

    `negated` is a `!` in front; `folders` one that means folders alone; `anchored` one that counts from the
    top, where others fit at any depth.
    """

    words: str
    negated: bool
    folders: bool
    anchored: bool
    dialect: Dialect

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """Return the regular expression for a whole path."""
        return _compiled(("" if self.anchored else "(?:.*/)?") + _expression(self.words, self.dialect))

    @property
    def literal(self) -> str:
        """Return the folders at the front, or the whole of it, in which nothing is left open."""
        kept = []
        for part in self.words.split("/"):
            if re.search(r"[*?\[\\]", part):
                break
            kept.append(part)
        return "/".join(kept)

    @property
    def shown(self) -> str:
        """Return it as it is written."""
        return f"{'!' if self.negated else ''}{self.words}{'/' if self.folders else ''}"

    @property
    def exact(self) -> bool:
        """Tell whether it names one path and leaves nothing open."""
        return self.literal == self.words

    def fits(self, path: str, *, folder: bool = False) -> bool:
        """Tell whether it fits this very path; what lies in a folder that fits is the caller's to know."""
        return (folder or not self.folders) and self.expression.fullmatch(path) is not None


class Patterns:
    """Patterns of which the last that fits a path, or a folder above it, decides."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self._folders: dict[str, int] = {"": -1}

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def last(self, path: str, *, folder: bool = False) -> Pattern | None:
        """Return the pattern that decides about a path, None where none fits."""
        found = self._index(path, folder=folder)
        return None if found < 0 else self.patterns[found]

    def covers(self, path: str, *, folder: bool = False) -> bool:
        """Tell whether the pattern that decides is one without `!`."""
        found = self.last(path, folder=folder)
        return found is not None and not found.negated

    def own(self, path: str, *, folder: bool = False) -> Pattern | None:
        """Return the last pattern that fits the path itself, whatever those above it are."""
        for one in reversed(self.patterns):
            if one.fits(path, folder=folder):
                return one
        return None

    def _index(self, path: str, *, folder: bool) -> int:
        above = self._above(path.rpartition("/")[0])
        for index in range(len(self.patterns) - 1, above, -1):
            if self.patterns[index].fits(path, folder=folder):
                return index
        return above

    def _above(self, folder: str) -> int:
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._index(folder, folder=True)
        return known


def git_pattern(line: str) -> Pattern | None:
    """Return the pattern of a line of a .gitignore; None for a comment, an empty line, a lone `!`."""
    words = re.sub(r"(?<!\\)((?:\\\\)*) +$", r"\1", line.rstrip("\r\n"))
    if not words or words.startswith("#"):
        return None
    negated = words.startswith("!")
    words = words[1:] if negated else words
    folders = words.endswith("/")
    words = words[:-1] if folders else words
    anchored = "/" in words
    words = words.removeprefix("/")
    return Pattern(words, negated, folders, anchored, "git") if words else None


def git_patterns(lines: Iterable[str]) -> Iterator[Pattern]:
    """Yield the patterns of a .gitignore's lines."""
    for line in lines:
        if (found := git_pattern(line)) is not None:
            yield found


def docker_patterns(text: str) -> Iterator[Pattern]:
    """Yield the patterns of a .dockerignore (moby/patternmatcher, ignorefile.ReadAll)."""
    for line in text.removeprefix("\N{BYTE ORDER MARK}").split("\n"):
        words = line.strip()
        if line.startswith("#") or not words:
            continue
        negated = words.startswith("!")
        words = words[1:].strip() if negated else words
        if words:
            words = posixpath.normpath(words)
            yield Pattern(words.lstrip("/") or "/", negated, False, True, "docker")


def docker_quoted(path: str) -> str:
    r"""Return the pattern of a .dockerignore that means this path alone, for every engine.

    Punctuation is escaped: older engines and buildah hand `+`, `(`, `{` and `|` on to a regular expression
    as they are. A line can't hold a line's end, nor bytes that are no UTF-8, and blanks around it are cut
    off: `?` stands for those.
    """
    quoted = "".join(
        "?" if one in "\r\n" or _is_byte(one) else one if _plain(one) else f"\\{one}" for one in path
    )
    stripped = quoted.strip()
    if stripped == quoted:
        return quoted
    front = len(quoted) - len(quoted.lstrip())
    back = len(quoted) - len(quoted.rstrip())
    return "?" * front + stripped + "?" * back


def docker_of(pattern: Pattern, folder: str = "") -> str | None:
    """Return the pattern of a .gitignore in `folder` as a .dockerignore has it; None for a negated one.

    Docker has no pattern for folders alone; a file of the same name is left out as well.
    """
    if pattern.negated:
        return None
    words = re.sub(r"\[!", "[^", pattern.words)
    where = f"{docker_quoted(folder)}/" if folder else ""
    return f"{where}{words}" if pattern.anchored else f"{where}**/{words}"


def _is_byte(character: str) -> bool:
    """Tell whether it stands for a byte of a name that is no UTF-8 (PEP 383)."""
    return "\udc80" <= character <= "\udcff"


def _plain(character: str) -> bool:
    return character.isalnum() or character in "/._- \t~=,@%:;" or ord(character) > 127


def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.DOTALL)
    except re.error:
        return re.compile(_NEVER)


def _expression(words: str, dialect: Dialect) -> str:
    made: list[str] = []
    at = 0
    while at < len(words):
        one = words[at]
        if one == "*":
            part, at = (_git_stars if dialect == "git" else _docker_stars)(words, at)
            made.append(part)
        elif one == "?":
            made.append("[^/]")
            at += 1
        elif one == "[":
            part, at = _set(words, at, dialect)
            made.append(part)
        elif one == "\\":
            if at + 1 == len(words):
                return _NEVER
            made.append(re.escape(words[at + 1]))
            at += 2
        else:
            made.append(re.escape(one))
            at += 1
    return "".join(made)


def _git_stars(words: str, at: int) -> tuple[str, int]:
    """Read `*`, `**/`, `/**/` and `/**`: two stars mean folders only where they stand alone between them."""
    end = at
    while words[end : end + 1] == "*":
        end += 1
    alone = end - at == 2 and (at == 0 or words[at - 1] == "/")
    if alone and words[end : end + 1] == "/":
        return "(?:.*/)?", end + 1
    if alone and end == len(words):
        return ".+", end
    return "[^/]*", end


def _docker_stars(words: str, at: int) -> tuple[str, int]:
    if words[at : at + 2] != "**":
        return "[^/]*", at + 1
    end = at + 2 + (words[at + 2 : at + 3] == "/")
    return (".*", end) if end == len(words) else ("(?:.*/)?", end)


def _set(words: str, at: int, dialect: Dialect) -> tuple[str, int]:
    """Read `[a-z]`, `[!a]`, `[[:alpha:]]`. A set that is not closed fits nothing."""
    negations = "!^" if dialect == "git" else "^"
    inside: list[str] = []
    end = at + 1
    negated = words[end : end + 1] != "" and words[end] in negations
    end += negated
    first = True
    while end < len(words) and (words[end] != "]" or first):
        named = re.match(r"\[:([a-z]+):\]", words[end:]) if dialect == "git" else None
        if named is not None and named[1] in _CLASSES:
            inside.append(_CLASSES[named[1]])
            end += len(named[0])
        else:
            end += words[end] == "\\" and end + 1 < len(words)
            one = words[end]
            inside.append(one if one == "-" else re.escape(one))
            end += 1
        first = False
    if end >= len(words):
        return _NEVER, len(words)
    # `/` is in no set: neither dialect lets one cross a folder
    return f"(?!/)[{'^' if negated else ''}{''.join(inside)}]", end + 1
