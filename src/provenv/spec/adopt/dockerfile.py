"""Dockerfile and Containerfile: what an image brings and what is installed into it.

The last stage counts, with the stages it is built from. The instructions are those of
https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import Failure, Place, problem, text
from ..source import Source
from .adopted import Draft, Item
from .images import Image, read_image, take_image
from .installing import Setting, take_command
from .shell_words import commands, expand
from .variables import take_variable

_INSTRUCTION = re.compile(r"\s*(?P<name>[A-Za-z]+)\s+(?P<rest>.*)", re.DOTALL)
_ESCAPE = re.compile(r"#\s*escape\s*=\s*(\S)", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(?P<mark>\w+)\1")
_IGNORED = frozenset({"COPY", "WORKDIR", "LABEL", "MAINTAINER", "SHELL", "STOPSIGNAL"})
"""The project's own folder takes the place of what these arrange."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, its words with continuations kept, its 1-based line."""

    name: str
    rest: str
    line: int


@dataclass
class Stage:
    """A stage: the image or stage it is from, its name, its instructions."""

    base: str
    name: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)


def is_dockerfile(words: str) -> bool:
    """Return whether a text is a Dockerfile: its first instructions are ARG and FROM."""
    for line in words.splitlines():
        bare = line.strip()
        if bare and not bare.startswith("#"):
            return re.match(r"(?i)(?:FROM|ARG)\s+\S", bare) is not None
    return False


def read(draft: Draft, source: Source, folder: Path, reader: Callable[[Draft, Path], None]) -> None:
    """Read the last stage and its bases.

    `folder` is where the file lies, beside the project's own folder one that paths can be
    relative to; `reader` reads the project's own files that are installed from. Raises
    Failure PV152 where there is no FROM.
    """
    stages, globals_ = _stages(source)
    if not stages:
        why = text("adopt.broken.no_from")
        raise Failure(problem("PV152", file=source.name, where=Place(source.name, 1), why=why))
    for number, stage in enumerate(_chain(stages)):
        setting = Setting(finder(draft, folder, stage.instructions), reader)
        _stage(draft, source, stage, globals_, setting, is_base=number == 0)
    draft.about = text("adopt.about.image", file=source.name)


def read_instructions(content: str) -> Iterator[Instruction]:
    """Yield the instructions; comment lines inside of them are gone, here-documents are in."""
    lines = content.splitlines()
    escape = "\\"
    at = 0
    while at < len(lines):
        first, words = at, lines[at]
        at += 1
        if not words.strip() or words.lstrip().startswith("#"):
            if first == 0 or escape == "\\":
                found = _ESCAPE.fullmatch(words.strip())
                escape = found[1] if found else escape
            continue
        while words.rstrip().endswith(escape) and at < len(lines):
            words = words.rstrip()[:-1] + "\\\n"
            following = lines[at]
            at += 1
            # a comment or an empty line inside an instruction is none of its words, yet the line counts
            words += escape if not following.strip() or following.lstrip().startswith("#") else following
        match = _INSTRUCTION.fullmatch(words)
        if not match:
            continue
        rest = match["rest"]
        if match["name"].upper() in ("RUN", "COPY", "ADD"):
            for mark in [one["mark"] for one in _HEREDOC.finditer(rest)]:
                body = []
                while at < len(lines) and lines[at].strip() != mark:
                    body.append(lines[at])
                    at += 1
                at += 1
                if match["name"].upper() == "RUN":
                    rest = _HEREDOC.sub("", rest) + "\n" + "\n".join(body)
        yield Instruction(match["name"].upper(), rest, first + 1)


def _stages(source: Source) -> tuple[list[Stage], dict[str, str]]:
    stages: list[Stage] = []
    globals_: dict[str, str] = {}
    for one in read_instructions(source.text):
        if one.name == "FROM":
            words = [word for word in one.rest.replace("\\\n", " ").split() if not word.startswith("--")]
            name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            stages.append(Stage(expand(words[0], globals_) if words else "", name, one.line))
        elif stages:
            stages[-1].instructions.append(one)
        elif one.name == "ARG":
            globals_.update(_pairs(one.rest, globals_))
    return stages, globals_


def _chain(stages: list[Stage]) -> list[Stage]:
    """Return the last stage after the stages it is built from, the first of them first."""
    chain = [stages[-1]]
    number = len(stages) - 1
    while True:
        base = chain[0].base
        before = [n for n in range(number) if stages[n].name and stages[n].name.lower() == base.lower()]
        if not before:
            return chain
        number = before[-1]
        chain.insert(0, stages[number])


def _stage(
    draft: Draft,
    source: Source,
    stage: Stage,
    globals_: dict[str, str],
    setting: Setting,
    *,
    is_base: bool,
) -> None:
    where = f"{source.name}:{stage.line}"
    image = Image()
    if is_base:
        image = read_image(stage.base)
        take_image(draft, image, stage.base, where)
        if not image.known and stage.base.lower() != "scratch":
            draft.leave(f"FROM {stage.base}", where, text("adopt.left.base"))
    variables: dict[str, str] = {}
    folder = ""
    for one in stage.instructions:
        place = f"{source.name}:{one.line}"
        if one.name == "ARG":
            _argument(variables, globals_, one.rest)
        elif one.name == "ENV":
            for name, value in _pairs(one.rest, variables).items():
                variables[name] = value
                take_variable(draft, name, value, place)
        elif one.name == "RUN":
            setting.folder = folder
            _run(draft, source, one, variables, setting)
        elif one.name in ("CMD", "ENTRYPOINT"):
            _start(draft, one, place)
        elif one.name == "WORKDIR":
            folder = posixpath.basename(expand(one.rest, variables).strip().rstrip("/"))
        elif one.name == "COPY" and re.search(r"--from=(?!\d+\b)\S+[/.:]", one.rest):
            draft.leave(f"COPY {one.rest}", place, text("adopt.left.copied_image"))
        elif one.name not in _IGNORED and not (one.name == "ADD" and "://" not in one.rest):
            draft.leave(f"{one.name} {one.rest}", place, text("adopt.left.instruction"))
    setting.finish(draft)
    if image.system_python and draft.python is None:
        note = text("adopt.note.system_python", image=stage.base)
        draft.python = Item(image.system_python, where, note)


def _argument(variables: dict[str, str], globals_: dict[str, str], rest: str) -> None:
    name, equals, _ = rest.strip().partition("=")
    if equals:
        variables.update(_pairs(rest, {**globals_, **variables}))
    elif name in globals_:
        variables[name] = globals_[name]


def _run(draft: Draft, source: Source, one: Instruction, variables: dict[str, str], setting: Setting) -> None:
    rest = one.rest
    while match := re.match(r"\s*--(?:mount|network|security)=\S+(?:\s|\\\n)*", rest):
        rest = rest[match.end() :]
    line = one.line + one.rest[: len(one.rest) - len(rest)].count("\n")
    words = _array(rest)
    if words is not None:
        take_command(draft, words, f"{source.name}:{line}", setting)
        return
    for command in commands(rest, line, variables):
        take_command(draft, command.words, f"{source.name}:{command.line}", setting)


def _start(draft: Draft, one: Instruction, where: str) -> None:
    words = _array(one.rest)
    if words is not None:
        command = " ".join(_quoted(word) for word in words)
    else:
        command = " ".join(one.rest.replace("\\\n", " ").split())
    shells = r"(?:/bin/)?(?:ba|z)?sh|/entry\S*|\S*entrypoint\S*"
    if re.fullmatch(shells, command) or "\n" in command or not command or len(command) > 300:
        draft.leave(f"{one.name} {command}", where, text("adopt.left.start"))
    elif one.name == "CMD" and "start" in draft.runs:
        before = draft.runs["start"]
        draft.runs["start"] = Item(f"{before.words} {command}", before.where)
    else:
        draft.runs["start"] = Item(command, where)


def finder(
    draft: Draft, folder: Path, instructions: Sequence[Instruction] = ()
) -> Callable[[str], Path | None]:
    """Return who finds a file of the image in the project: by what COPY put there, or by its own name."""
    copied: dict[str, str] = {}
    for one in instructions:
        words = [word for word in one.rest.replace("\\\n", " ").split() if not word.startswith("--")]
        if one.name in ("COPY", "ADD") and len(words) > 1:
            for written in words[:-1]:
                copied[posixpath.basename(written)] = written

    def find(written: str) -> Path | None:
        bare = written.partition("[")[0].removeprefix("file://")
        if "://" in bare or not bare:
            return None
        name = posixpath.basename(bare.rstrip("/"))
        guesses = [bare.lstrip("/"), copied.get(name, ""), name]
        parts = bare.strip("/").split("/")
        guesses += ["/".join(parts[start:]) for start in range(1, len(parts))]
        for guess in guesses:
            for base in (draft.root, folder):
                if guess and guess not in (".", "..") and (base / guess).is_file():
                    return base / guess
        return draft.root if bare in (".", "./") and "[" not in written else None

    return find


def _pairs(rest: str, variables: dict[str, str]) -> dict[str, str]:
    """Return the names and values of ENV or ARG: `A=1 B="2"`, or the old `A 1`."""
    words = rest.replace("\\\n", " ").strip()
    if not re.match(r"[A-Za-z_]\w*=", words):
        name, _, value = words.partition(" ")
        return {name: expand(value.strip(), variables)} if name else {}
    found: dict[str, str] = {}
    for match in re.finditer(r"""([A-Za-z_]\w*)=((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])*)""", words):
        value = re.sub(r"\\(.)", r"\1", match[2]).replace("'", "")
        found[match[1]] = expand(value.replace('"', ""), {**variables, **found})
    return found


def _array(rest: str) -> list[str] | None:
    words = rest.replace("\\\n", " ").strip()
    if not words.startswith("["):
        return None
    try:
        found = json.loads(words)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(one, str) for one in found) else None


def _quoted(word: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]+", word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"
