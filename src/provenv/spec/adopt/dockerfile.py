"""Dockerfile and Containerfile: what an image is built on, what is installed into it, how it runs.

The last stage counts, with the stages it is built from; of a stage that it copies from, the packages.
The instructions are those of https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import Failure, Place, Text, problem, text
from ...model.dockerfile import Instruction
from ..source import Source
from .adopted import Draft, Item
from .dockerfile_stages import (
    Stage,
    array,
    chain_of,
    command_line,
    listed,
    named,
    pairs,
    read_stages,
    split_options,
)
from .image_target import take_base, take_line, take_port, take_user, take_volume
from .images import Image, read_image, take_image
from .installing import Setting, take_command
from .shell_words import Command, commands, expand
from .variables import take_variable

_IGNORED = frozenset({"LABEL", "MAINTAINER", "SHELL", "STOPSIGNAL"})
"""What provenv's own image says by itself, or has no need of."""
_WHOLE = frozenset({".", "./", "/"})
_SHELLS = re.compile(r"(?:/(?:usr/)?bin/)?(?:ba|z|da)?sh(?: -[il]+)?|/entry\S*|\S*entrypoint\S*")
_FETCHERS = frozenset({"curl", "wget"})
_PIPED = frozenset({"sh", "bash", "zsh", "python", "python3"})
_WITH_VALUE = (
    r"-\w*[bcdefgGkKpsuZ]|--(?:comment|home|home-dir|gid|groups|ingroup|shell|uid|gecos|password|skel)"
)
"""Options of useradd and adduser that take the next word."""
_OWN_INSTALLERS = re.compile(r"astral\.sh/uv|install\.python-poetry|miniconda|micro\.mamba|bootstrap\.pypa")


@dataclass
class _Reading:
    """What is known while the stages of one image are read, first to last.

    `folder` is where commands run, `code` the folder that the whole project was copied to. `entry` and
    `command` start a container, `user` is who it runs as: the last of each counts. `numbers` are those
    of users that the file makes.
    """

    draft: Draft
    source: Source
    stages: list[Stage]
    globals: dict[str, str]
    setting: Callable[[Stage], Setting]
    folder: str = ""
    code: str = ""
    entry: tuple[Instruction, str] | None = None
    command: tuple[Instruction, str] | None = None
    health: tuple[Instruction, str] | None = None
    user: tuple[str, str] | None = None
    numbers: dict[str, str] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def place(self, one: Instruction) -> str:
        """Return an instruction's FILE:LINE."""
        return f"{self.source.name}:{one.line}"


def read(draft: Draft, source: Source, folder: Path, reader: Callable[[Draft, Path], None]) -> None:
    """Read the last stage and its bases.

    `folder` is where the file lies, beside the project's own folder one that paths can be
    relative to; `reader` reads the project's own files that are installed from. Raises
    Failure PV152 where there is no FROM.
    """
    stages, globals_ = read_stages(source)
    if not stages:
        why = text("adopt.broken.no_from")
        raise Failure(problem("PV152", file=source.name, where=Place(source.name, 1), why=why))

    def setting(stage: Stage) -> Setting:
        return Setting(finder(draft, folder, stage.instructions), reader)

    reading = _Reading(draft, source, stages, globals_, setting)
    chain = chain_of(stages, len(stages) - 1)
    reading.taken.update(stages.index(one) for one in chain)
    for number, stage in enumerate(chain):
        _stage(reading, stage, is_base=number == 0)
    _started(reading)
    draft.about = text("adopt.about.image", file=source.name)


def _stage(reading: _Reading, stage: Stage, *, is_base: bool) -> None:
    draft = reading.draft
    where = f"{reading.source.name}:{stage.line}"
    image = Image()
    if is_base:
        image = read_image(stage.base)
        take_image(draft, image, stage.base, where)
        take_base(draft, stage.base, image, where, platform=stage.platform)
    setting = reading.setting(stage)
    variables: dict[str, str] = {}
    for one in stage.instructions:
        if one.name == "ARG":
            _argument(variables, reading.globals, one.rest)
        elif one.name == "ENV":
            for name, value in pairs(one.rest, variables).items():
                variables[name] = value
                take_variable(draft, name, value, reading.place(one))
        elif one.name == "RUN":
            setting.folder = posixpath.basename(reading.folder)
            _run(reading, one, variables, setting)
        elif one.name in ("COPY", "ADD"):
            _copied(reading, one, variables)
        else:
            _said(reading, one, variables)
    setting.finish(draft)
    if image.system_python and not image.python and draft.python is None:
        note = text("adopt.note.system_python", image=stage.base)
        draft.python = Item(image.system_python, where, note)


def _said(reading: _Reading, one: Instruction, variables: dict[str, str]) -> None:
    """Take what an instruction says of the container."""
    draft, place = reading.draft, reading.place(one)
    if one.name == "WORKDIR":
        reading.folder = posixpath.join(
            reading.folder or "/", expand(one.rest, variables).strip().rstrip("/")
        )
    elif one.name == "CMD":
        reading.command = (one, command_line(one.rest))
    elif one.name == "ENTRYPOINT":
        # docker's rule: an entry point takes back what a base gave it as arguments
        reading.entry, reading.command = (one, command_line(one.rest)), None
    elif one.name == "EXPOSE":
        for port in listed(expand(one.rest, variables)):
            take_port(draft, port, place)
    elif one.name == "VOLUME":
        for path in listed(expand(one.rest, variables)):
            take_volume(draft, path, place)
    elif one.name == "USER":
        reading.user = (expand(one.rest, variables).strip(), place)
    elif one.name == "HEALTHCHECK":
        _, words = split_options(one.rest)
        match = re.search(r"(?:^|[\s\n])CMD\s+(.*)", one.rest, re.DOTALL | re.IGNORECASE)
        reading.health = (one, command_line(match[1])) if match and words[:1] != ["NONE"] else None
    elif one.name not in _IGNORED:
        draft.leave(f"{one.name} {one.rest}", place, text("adopt.left.instruction"))


def _started(reading: _Reading) -> None:
    """Take how the container starts, what tells that it works, and who it runs as."""
    draft = reading.draft
    parts = []
    for found in (reading.entry, reading.command):
        if found is None:
            continue
        one, line = found
        if _SHELLS.fullmatch(line) or not line or len(line) > 300:
            draft.leave(f"{one.name} {line}", reading.place(one), text("adopt.left.start"))
        else:
            parts.append((one, line))
    if parts:
        line, note = _relative(reading, " ".join(line for _, line in parts))
        draft.runs["start"] = Item(line, reading.place(parts[0][0]), note)
        take_line(draft, "command", line, reading.place(parts[0][0]), note)
    if reading.health is not None:
        one, line = reading.health
        line, note = _relative(reading, line)
        if split_options(one.rest)[0]:
            note = text("adopt.note.health")
        take_line(draft, "health", line, reading.place(one), note)
    if reading.user is not None:
        take_user(draft, *reading.user, reading.numbers)


def _relative(reading: _Reading, line: str) -> tuple[str, Text | None]:
    """Return a command line with the paths of the project's own files as the project has them."""
    # a program of the image's own environment is one of the project's environment here
    found = re.sub(r"^\S*/\.?v?env/bin/(?=[\w.-]+(?:\s|$))", "", line)
    if not reading.code or reading.code == "/":
        return found, None
    line, found = found, re.sub(rf"(?<![\w./-]){re.escape(reading.code)}/(?=[\w.-])", "", found)
    return found, text("adopt.note.relative", path=reading.code) if found != line else None


def _copied(reading: _Reading, one: Instruction, variables: dict[str, str]) -> None:
    """Take what COPY tells of where the project's files go, and what comes from elsewhere."""
    options, words = split_options(one.rest)
    draft, place = reading.draft, reading.place(one)
    words = array(" ".join(words)) or words
    origin = options.get("from", "")
    if one.name == "ADD" and any("://" in word for word in words):
        draft.leave(f"ADD {one.rest}", place, text("adopt.left.fetched"))
    elif not origin:
        if len(words) > 1 and any(word in _WHOLE for word in words[:-1]):
            goal = expand(words[-1], variables)
            reading.code = posixpath.normpath(posixpath.join(reading.folder or "/", goal))
    else:
        number = int(origin) if origin.isdecimal() else named(reading.stages, origin)
        if number is None or number >= len(reading.stages):
            key = "adopt.left.installer" if "astral-sh/uv" in origin else "adopt.left.copied_image"
            draft.leave(f"COPY {one.rest}", place, text(key))
        elif not _packages(reading, number):
            draft.leave(f"COPY {one.rest}", place, text("adopt.left.copied_stage"))


def _packages(reading: _Reading, number: int) -> bool:
    """Take the packages that another stage installs; False where it installs none."""
    draft = reading.draft
    apart = draft.inner(draft.folder)
    chain = [
        one for one in chain_of(reading.stages, number) if reading.stages.index(one) not in reading.taken
    ]
    if not chain:
        # it was read already
        return True
    inner = _Reading(apart, reading.source, reading.stages, reading.globals, reading.setting)
    inner.taken = reading.taken
    inner.taken.update(reading.stages.index(one) for one in chain)
    for one in chain:
        _stage(inner, one, is_base=False)
    found = bool(apart.requirements or apart.references or apart.constraints)
    draft.python = draft.python or apart.python
    draft.requirements.extend(apart.requirements)
    draft.references.extend(one for one in apart.references if one not in draft.references)
    draft.constraints.extend(apart.constraints)
    draft.options.extend(one for one in apart.options if one not in draft.options)
    return found


def _argument(variables: dict[str, str], globals_: dict[str, str], rest: str) -> None:
    name, equals, _ = rest.strip().partition("=")
    if equals:
        variables.update(pairs(rest, {**globals_, **variables}))
    elif name in globals_:
        variables[name] = globals_[name]


def _run(reading: _Reading, one: Instruction, variables: dict[str, str], setting: Setting) -> None:
    draft, source, rest = reading.draft, reading.source, one.rest
    while match := re.match(r"\s*--(?:mount|network|security)=\S+(?:\s|\\\n)*", rest):
        rest = rest[match.end() :]
    line = one.line + one.rest[: len(one.rest) - len(rest)].count("\n")
    words = array(rest)
    found = [Command(tuple(words), line)] if words else commands(_script(rest), line, variables)
    for command in _without_pipes(draft, source, found):
        if command.words[0] in ("useradd", "adduser"):
            reading.numbers.update(_user(command.words))
        elif command.words[0] not in ("groupadd", "addgroup", "usermod", "chsh", "passwd"):
            take_command(draft, command.words, f"{source.name}:{command.line}", setting)


def _script(rest: str) -> str:
    """Return what of RUN a shell reads: a here-document that another program gets is none of it."""
    match = re.search(r"(?<!\\)\n", rest)
    head = rest[: match.start()] if match else ""
    given = head.replace("\\\n", " ").split()
    return head if given and given[-1] not in ("sh", "bash", "-e", "-ex", "-eux", "-s") else rest


def _without_pipes(draft: Draft, source: Source, found: Iterable[Command]) -> Iterator[Command]:
    """Yield the commands that are no script from the network: nobody can read here what it installs."""
    waiting: Command | None = None
    for command in found:
        if waiting is not None:
            where = f"{source.name}:{waiting.line}"
            if _reads_script(command.words):
                line = f"{' '.join(waiting.words)} | {command.words[0]}"
                own = _OWN_INSTALLERS.search(line)
                draft.leave(line, where, text("adopt.left.installer" if own else "adopt.left.piped"))
                waiting = None
                continue
            yield waiting
            waiting = None
        if command.words[0] in _FETCHERS:
            waiting = command
        else:
            yield command
    if waiting is not None:
        yield waiting


def _reads_script(words: Sequence[str]) -> bool:
    """Tell whether a command is a shell without a script of its own: it reads one from what is before it."""
    return words[0] in _PIPED and (len(words) == 1 or (words[1].startswith("-") and words[1] != "-c"))


def _user(words: Sequence[str]) -> dict[str, str]:
    """Return the number that `useradd` or `adduser` gives a user, by the user's name."""
    match = re.search(r"(?:^|\s)(?:-u|--uid)[ =](\d+)(?=\s|$)", " ".join(words))
    names: list[str] = []
    values = iter(words[1:])
    for word in values:
        if re.fullmatch(_WITH_VALUE, word):
            next(values, "")
        elif not word.startswith("-"):
            names.append(word)
    return {names[0]: match[1]} if match and names else {}


def finder(
    draft: Draft, folder: Path, instructions: Sequence[Instruction] = ()
) -> Callable[[str], Path | None]:
    """Return who finds a file of the image in the project: by what COPY put there, or by its own name."""
    copied: dict[str, str] = {}
    for one in instructions:
        _, words = split_options(one.rest)
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
