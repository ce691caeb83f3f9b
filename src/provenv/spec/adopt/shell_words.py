"""A shell script's simple commands, each with its line: enough to see what it installs.

Quotes, escapes, line continuations, comments, variables that are known, and the
operators between commands are understood (POSIX.1-2017, Shell Command Language,
2.2 to 2.4); what a command substitution would yield is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LONGEST = 200_000
"""Characters of one script that are looked at."""
_KEYWORDS = frozenset({"if", "then", "else", "elif", "do", "while", "until", "!", "{", "(", "time", "exec"})
_PREFIXES = frozenset({"sudo", "command", "nohup", "env", "-E"})
_CLOSING = frozenset({"fi", "done", "}", ")", "esac"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_REDIRECTION = re.compile(r"(?:\d*|&)(?:>>?|<<?<?)(?:&\d|&-)?")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?P<default>:?[-+][^}]*)?\}|(?P<plain>\w+))")


@dataclass(frozen=True)
class Command:
    """One simple command: its words, without assignments and redirections, and its 1-based line."""

    words: tuple[str, ...]
    line: int


@dataclass
class _Scanner:
    script: str
    line: int
    variables: Mapping[str, str]
    at: int = 0
    word: str | None = None
    words: list[str] = field(default_factory=list)
    began: int = 0

    def scan(self) -> Iterator[Command]:
        self.began = self.line
        while self.at < len(self.script):
            character = self.script[self.at]
            if character in "\n;&|":
                yield from self._operator(character)
            elif character in " \t\r":
                self._end_word()
                self.at += 1
            elif character == "#" and self.word is None:
                self.at = self._until_line_end()
            else:
                self._character(character)
        yield from self._end()

    def _operator(self, character: str) -> Iterator[Command]:
        if character == "&" and (self.word or "").endswith(">"):
            self._add(character)
            self.at += 1
            return
        yield from self._end()
        self.at += 1
        self.line += character == "\n"
        self.began = self.line

    def _character(self, character: str) -> None:
        following = self.script[self.at + 1 : self.at + 2]
        if character == "\\":
            if following == "\n":
                self.line += 1
            else:
                self._add(following)
            self.at += 2
        elif character in "'\"":
            self._quoted(character)
        elif character == "$" and following == "(":
            self._substitution()
        elif character == "$":
            self._variable()
        else:
            self._add(character)
            self.at += 1

    def _quoted(self, quote: str) -> None:
        end = self.at + 1
        while end < len(self.script) and self.script[end] != quote:
            end += 2 if self.script[end] == "\\" and quote == '"' else 1
        inside = self.script[self.at + 1 : end]
        self.line += inside.count("\n")
        inside = inside.replace("\\\n", "")
        if quote == '"':
            inside = expand(re.sub(r"\\([\"\\$`])", r"\1", inside), self.variables)
        self._add(inside)
        self.at = end + 1

    def _substitution(self) -> None:
        depth, end = 0, self.at + 1
        while end < len(self.script):
            depth += {"(": 1, ")": -1}.get(self.script[end], 0)
            end += 1
            if depth == 0:
                break
        self._add(self.script[self.at : end])
        self.line += self.script.count("\n", self.at, end)
        self.at = end

    def _variable(self) -> None:
        match = _VARIABLE.match(self.script, self.at)
        found = match[0] if match else "$"
        meant = expand(found, self.variables)
        self.at += len(found)
        if meant != found and " " in meant.strip():
            # an unquoted variable is several words
            head, *rest = meant.split()
            self._add(head)
            for one in rest:
                self._end_word()
                self._add(one)
        else:
            self._add(meant)

    def _add(self, words: str) -> None:
        if not self.words and self.word is None:
            self.began = self.line
        self.word = (self.word or "") + words

    def _end_word(self) -> None:
        if self.word is not None:
            self.words.append(self.word)
            self.word = None

    def _end(self) -> Iterator[Command]:
        self._end_word()
        words = _plain(self.words)
        if words:
            yield Command(tuple(words), self.began)
        self.words = []

    def _until_line_end(self) -> int:
        end = self.script.find("\n", self.at)
        return len(self.script) if end < 0 else end


def commands(script: str, line: int = 1, variables: Mapping[str, str] | None = None) -> Iterator[Command]:
    """Yield the simple commands of a script that begins on `line` of its file."""
    yield from _Scanner(script[:LONGEST], line, variables or {}).scan()


def expand(words: str, variables: Mapping[str, str]) -> str:
    """Return `words` with the variables that are known; `${NAME:-default}` gives its default otherwise."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["plain"]
        default = match["default"] or ""
        if name in variables and (variables[name] or not default.startswith(":")):
            return default.lstrip(":")[1:] if "+" in default[:2] else variables[name]
        if default:
            return "" if "+" in default[:2] else expand(default.lstrip(":")[1:], variables)
        return match[0]

    return _VARIABLE.sub(value, words)


def _plain(words: list[str]) -> list[str]:
    """Return a command's words without what only says when, how or as whom it runs."""
    rest = list(words)
    while rest and (
        rest[0] in _KEYWORDS or rest[0] in _PREFIXES or _ASSIGNMENT.match(rest[0]) or rest[0].startswith("(")
    ):
        if rest[0].startswith("(") and len(rest[0]) > 1:
            rest[0] = rest[0][1:]
        else:
            rest.pop(0)
    found: list[str] = []
    skipping = False
    for word in rest:
        if skipping:
            skipping = False
            continue
        if match := _REDIRECTION.match(word):
            # `torch>=2.0` without quotes is meant as it looks, and does not begin with the operator
            skipping = match.end() == len(word) and not match[0].endswith(("&1", "&2", "&-"))
            continue
        found.append(word)
    return [] if found and found[0] in _CLOSING else found
