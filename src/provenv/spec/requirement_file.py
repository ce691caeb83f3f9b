"""A requirements file of pip's syntax, and all that it includes.

Options and their meaning: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .. import environ
from ..errors import Failure, Hint, Place, problem, text
from .gathered import MOST_FILES, Gathered
from .lines import Line, Token, logical_lines, options_at, tokens
from .requirement import Origin, locate, read_requirement
from .source import Source, brief, has_password, read_requirements, relative

Meaning = Literal[
    "include", "constrain", "editable", "index", "extra", "links", "no_index", "pre", "no_binary",
    "only_binary", "hash", "implied", "ignored",
]  # fmt: skip

_OPTIONS: dict[str, tuple[Meaning, bool]] = {
    # option -> what it means here, whether a value follows
    "-r": ("include", True),
    "--requirement": ("include", True),
    "-c": ("constrain", True),
    "--constraint": ("constrain", True),
    "-e": ("editable", True),
    "--editable": ("editable", True),
    "-i": ("index", True),
    "--index-url": ("index", True),
    "--pypi-url": ("index", True),
    "--extra-index-url": ("extra", True),
    "-f": ("links", True),
    "--find-links": ("links", True),
    "--no-index": ("no_index", False),
    "--pre": ("pre", False),
    "--no-binary": ("no_binary", True),
    "--only-binary": ("only_binary", True),
    "--hash": ("hash", True),
    "--require-hashes": ("implied", False),
    "--prefer-binary": ("ignored", False),
    "--trusted-host": ("ignored", True),
    "--use-feature": ("ignored", True),
    "--config-settings": ("ignored", True),
    "--config-setting": ("ignored", True),
    "-C": ("ignored", True),
    "--global-option": ("ignored", True),
}
_REMOTE = re.compile(r"(?:https?|ftp|s3|gs)://", re.IGNORECASE)
_HASH = re.compile(r"(sha256|sha384|sha512):([0-9a-fA-F]+)")
_HASH_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True)
class _Context:
    """The file being read: its folder, whether it constrains, and the files that led here."""

    source: Source
    folder: Path
    constraint: bool
    stack: tuple[Path, ...]


def gather_file(
    gathered: Gathered,
    path: Path,
    *,
    where: Place | None = None,
    constraint: bool = False,
    stack: tuple[Path, ...] = (),
) -> None:
    """Read the requirements file at `path` and all that it includes into `gathered`.

    `where` is the place that names it; `stack` the files that are being read.
    Nothing is raised: what is wrong goes to the other problems.
    """
    # unlike Path.resolve, this takes a link to itself as it is; reading it then says what is wrong
    resolved = Path(os.path.realpath(path))
    name = relative(gathered.root, path)
    if resolved in stack:
        chain = " -> ".join(
            relative(gathered.root, one) for one in (*stack[stack.index(resolved) :], resolved)
        )
        gathered.problems.append(problem("PV123", file=name, where=where, why=text("PV123.why", chain=chain)))
        return
    if (resolved, constraint) in gathered.seen:
        return
    gathered.seen.add((resolved, constraint))
    if len(gathered.seen) > MOST_FILES:
        gathered.problems.append(problem("PV113", file=name, limit=MOST_FILES, where=where))
        return
    try:
        source = read_requirements(gathered.root, path, where)
    except Failure as failure:
        gathered.problems.extend(failure.problems)
        return
    gathered.note_file(name)
    context = _Context(source, path.parent, constraint, (*stack, resolved))
    for line in logical_lines(source):
        if gathered.full:
            return
        _line(gathered, context, line)


def _line(gathered: Gathered, context: _Context, line: Line) -> None:
    _note_secrets(gathered, line)
    if re.match(r"\s*-\s", line.text) or re.match(r"\s*[\u2013\u2014]", line.text):
        gathered.take(read_requirement(line.text, _origin(gathered, context, line, 0)))
        return
    split = options_at(line.text)
    words = line.text[:split].rstrip()
    found = _options(gathered, line, tokens(line.text, split))
    if words.strip():
        _requirement(gathered, context, line, words, found)
        return
    for option, value in found:
        _apply(gathered, context, line, option, value)


def _requirement(
    gathered: Gathered, context: _Context, line: Line, words: str, found: list[tuple[Token, Token | None]]
) -> None:
    hashes = []
    for option, value in found:
        meaning = _OPTIONS[option.words][0]
        if meaning == "hash" and value is not None:
            match = _HASH.fullmatch(value.words)
            if match and len(match[2]) == _HASH_DIGITS[match[1]]:
                hashes.append(f"{match[1]}:{match[2].lower()}")
            else:
                where = line.place(value.start, len(value.words))
                gathered.problems.append(problem("PV126", where=where, why=text("PV126.why")))
        elif meaning == "ignored":
            _ignored(gathered, line, option)
        elif meaning != "hash":
            where = line.place(option.start, len(option.words))
            why = text("PV121.own_line", option=option.words)
            gathered.problems.append(problem("PV121", option=brief(option.words), where=where, why=why))
    origin = _origin(gathered, context, line, 0)
    read = read_requirement(words, origin, hashes=tuple(hashes))
    gathered.take(read, constraint=context.constraint)


def _options(gathered: Gathered, line: Line, words: list[Token]) -> list[tuple[Token, Token | None]]:
    """Return each option with its value; what is unknown or lacks its value is a problem and left out."""
    found: list[tuple[Token, Token | None]] = []
    rest = iter(words)
    for token in rest:
        option, attached = _split(token)
        if option.words not in _OPTIONS:
            close = difflib.get_close_matches(option.words[:40], list(_OPTIONS), n=1, cutoff=0.7)
            hints = (Hint(text("spec.hint.write", right=close[0])),) if close else ()
            where = line.place(option.start, len(option.words))
            gathered.problems.append(
                problem("PV121", option=brief(option.words), where=where, hints=hints, why=text("PV121.why"))
            )
            return found
        if not _OPTIONS[option.words][1]:
            found.append((option, None))
            continue
        value = attached or next(rest, None)
        if value is None or not value.words:
            where = line.place(option.start, len(option.words))
            gathered.problems.append(problem("PV122", option=brief(option.words), where=where))
            return found
        found.append((option, value))
    return found


def _split(token: Token) -> tuple[Token, Token | None]:
    """Return `--name=value` and `-rvalue` as option and value."""
    words = token.words
    if words.startswith("--"):
        name, equals, value = words.partition("=")
        return Token(name, token.start), Token(value, token.start + len(name) + 1) if equals else None
    if len(words) > 2 and words[:2] in _OPTIONS and words[0] == "-":
        value = words[2:].lstrip("=")
        return Token(words[:2], token.start), Token(value, token.start + len(words) - len(value))
    return token, None


def _apply(gathered: Gathered, context: _Context, line: Line, option: Token, value: Token | None) -> None:
    meaning = _OPTIONS[option.words][0]
    if value is None:
        if meaning == "no_index":
            gathered.no_index = True
        elif meaning == "pre":
            gathered.pre = True
        elif meaning == "ignored":
            _ignored(gathered, line, option)
        return
    where = line.place(value.start, len(value.words))
    if meaning in ("include", "constrain"):
        _include(gathered, context, value, where, constraint=context.constraint or meaning == "constrain")
    elif meaning == "editable":
        rest = line.text[value.start :] if value.words in line.text[value.start :] else value.words
        read = read_requirement(rest, _origin(gathered, context, line, value.start), editable=True)
        gathered.take(read, constraint=context.constraint)
    elif meaning == "index":
        gathered.index_url = value.words
    elif meaning == "extra":
        gathered.extra_index_urls.append(value.words)
    elif meaning == "links":
        _links(gathered, context, value, where)
    elif meaning in ("no_binary", "only_binary"):
        names = [name.strip() for name in value.words.split(",") if name.strip()]
        (gathered.no_binary if meaning == "no_binary" else gathered.only_binary).extend(names)
    elif meaning == "hash":
        why = text("PV121.hash")
        gathered.problems.append(problem("PV121", option=brief(option.words), where=where, why=why))
    else:
        _ignored(gathered, line, option)


def _include(gathered: Gathered, context: _Context, value: Token, where: Place, *, constraint: bool) -> None:
    meant = environ.expand(value.words, gathered.environment)
    if _REMOTE.match(meant):
        gathered.problems.append(problem("PV124", where=where, why=text("PV124.why")))
        return
    meant = meant.removeprefix("file://")
    gather_file(
        gathered,
        context.folder / Path(meant),
        where=where,
        constraint=constraint,
        stack=context.stack,
    )


def _links(gathered: Gathered, context: _Context, value: Token, where: Place) -> None:
    meant = environ.expand(value.words, gathered.environment)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", meant):
        gathered.find_links.append(value.words)
        return
    origin = Origin(gathered.root, context.folder, lambda offset, length: where, gathered.environment)
    found = locate(meant, origin)
    if found is None:
        why = text("PV125.why", folder=relative(gathered.root, context.folder))
        gathered.problems.append(problem("PV125", path=brief(value.words), where=where, why=why))
        return
    keeps = environ.references(value.words) or Path(meant).is_absolute() or meant.startswith("~")
    gathered.find_links.append(value.words if keeps else relative(gathered.root, found))


def _ignored(gathered: Gathered, line: Line, option: Token) -> None:
    where = line.place(option.start, len(option.words))
    key = {"--trusted-host": "trusted_host", "--prefer-binary": "prefer_binary"}.get(option.words, "why")
    gathered.problems.append(
        problem(
            "PV138", option=brief(option.words), where=where, why=text(f"PV138.{key}"), severity="warning"
        )
    )


def _note_secrets(gathered: Gathered, line: Line) -> None:
    for name in environ.references(line.text):
        where = line.place(line.text.index("${" + name), len(name) + 3)
        if name not in gathered.expanded:
            gathered.expanded[name] = where
            if not gathered.environment.get(name):
                gathered.problems.append(
                    problem("PV129", name=name, where=where, why=text("PV129.why"), severity="warning")
                )
    if match := has_password(line.text):
        where = line.place(match.start(1), len(match[1]))
        gathered.problems.append(
            problem(
                "PV130",
                where=where,
                why=text("PV130.why"),
                hints=(Hint(text("PV130.hint")),),
                severity="warning",
            )
        )


def _origin(gathered: Gathered, context: _Context, line: Line, start: int) -> Origin:
    return Origin(
        gathered.root,
        context.folder,
        lambda offset, length: line.place(start + offset, length),
        gathered.environment,
    )
