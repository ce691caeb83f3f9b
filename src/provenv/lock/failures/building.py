"""Why a package could not be built from its source, from what its build printed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from ...errors import Hint, Text, text, verbatim
from ..tables import table

FAILED = re.compile(
    r"Failed to (?:build|download and build|prepare)[^`\n]*`(?P<name>[\w.-]+)(?:==| ?@ ?)(?P<version>[^`]+)`"
)
# of an address without a name uv says no name: it would have been the build's answer
NAMELESS = re.compile(r"Call to `[^`]+` failed")
CONFUSED = re.compile(r"hint: `(?P<name>[\w.-]+)` is often confused for `(?P<right>[\w.-]+)`")
MODULE = re.compile(r"(?:ModuleNotFoundError: )?No module named '?(?P<name>[\w.]+)'?")
HEADER = re.compile(
    r"fatal error: (?P<name>[\w./+-]+\.h(?:pp)?): No such file|fatal error: '(?P<other>[^']+)' file not found"
)
ATTRIBUTE = re.compile(
    r"AttributeError: (?:module '?(?:pkgutil|configparser|inspect|collections|ast|distutils)\b|"
    r"cython_sources|'build_ext' object|install_layout).*|use_2to3 is invalid|"
    r"SyntaxError: Missing parentheses in call to 'print'.*"
)
ERROR = re.compile(
    r"^\s*(?:\w+(?:Error|Exception)\b.*|error: .+|.*:\d+(?::\d+)?: (?:fatal )?error: .+|CMake Error.*)$",
    re.MULTILINE,
)
COMMAND = re.compile(r"error: command\b", re.IGNORECASE)
COMPILED = re.compile(r":\d+(?::\d+)?: (?:fatal )?error: ")
GONE = {"distutils": "3.12", "imp": "3.12", "asyncore": "3.12", "cgi": "3.13"}
LONGEST = 300


@dataclass(frozen=True)
class Failed:
    """A package whose build failed: name and version (or address), the cause in a sentence, what helps.

    The name is empty where the declared line is an address without one.
    """

    name: str
    version: str
    why: Text
    hints: tuple[Hint, ...] = ()


def failed_build(words: str) -> Failed | None:
    """Return which package could not be built and why, from uv's words, which hold the build's own."""
    match = FAILED.search(words)
    if match is None:
        nameless = NAMELESS.search(words)
        if nameless is None:
            return None
        output = words[nameless.end() :]
        return Failed("", "", _why(output, ""), tuple(_hints(output, "")))
    name, version = canonicalize_name(match["name"]), match["version"]
    output = words[match.end() :]
    return Failed(name, version, _why(output, name), tuple(_hints(output, name)))


def instead(words: str, lines: Iterable[str]) -> str | None:
    """Return the distribution with wheels of a repository whose source can't be built, if one is known.

    It is looked for in uv's words, and among the declared lines where these name none.
    """
    named = FAILED.search(words)
    said = [named["version"]] if named else [*lines]
    for row in table("build_needs")["instead"]:
        if any(str(row["repository"]) in one for one in said):
            return str(row["name"])
    return None


def _why(output: str, name: str) -> Text:
    confused = CONFUSED.search(output)
    if confused is not None:
        return text("lock.build.confused", name=name, right=confused["right"])
    need = _need(output)
    if need is not None:
        return text("lock.build.need", need=need["need"])
    module = _module(output)
    if module in GONE:
        return text("lock.build.gone", module=module, python=GONE[module])
    if module:
        return text("lock.build.module", module=module)
    header = HEADER.search(output)
    if header is not None:
        return text("lock.build.header", header=header["name"] or header["other"])
    if ATTRIBUTE.search(output):
        return text("lock.build.old", words=_last_error(output))
    return verbatim(_last_error(output))


def _hints(output: str, name: str) -> Iterator[Hint]:
    confused = CONFUSED.search(output)
    if confused is not None:
        yield Hint(text("lock.nearest.instead", name=name, right=confused["right"]))
        return
    need = _need(output)
    if need is not None:
        yield Hint(text("lock.build.install", apt=need["apt"], dnf=need["dnf"]))


def _need(output: str) -> dict[str, str] | None:
    for row in table("build_needs")["rows"]:
        if re.search(row["pattern"], output):
            return dict(row)
    return None


def _module(output: str) -> str:
    found = [match["name"].split(".")[0] for match in MODULE.finditer(output)]
    return found[-1] if found else ""


def _last_error(output: str) -> str:
    """Return the line that tells most: the compiler's first error, else the last that looks like one."""
    own = output.split("\nhint:", maxsplit=1)[0]
    rows = [match[0].strip() for match in ERROR.finditer(own)]
    compiled = next((row for row in rows if COMPILED.search(row)), None)
    told = [row for row in rows if not COMMAND.match(row)] or rows
    told = told or [row.strip() for row in own.splitlines() if row.strip()]
    return (compiled or (told[-1] if told else ""))[:LONGEST]
