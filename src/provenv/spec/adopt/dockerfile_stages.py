"""The stages of a Dockerfile, and the forms in which its instructions say their words.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ...model.dockerfile import Instruction, read_instructions
from ..source import Source
from .shell_words import expand


@dataclass
class Stage:
    """A stage: the image or stage it is from, its name, its instructions; the platform that it names."""

    base: str
    name: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)
    platform: str = ""


def is_dockerfile(words: str) -> bool:
    """Return whether a text is a Dockerfile: its first instructions are ARG and FROM."""
    for line in words.splitlines():
        bare = line.strip()
        if bare and not bare.startswith("#"):
            return re.match(r"(?i)(?:FROM|ARG)\s+\S", bare) is not None
    return False


def read_stages(source: Source) -> tuple[list[Stage], dict[str, str]]:
    """Return the stages, and the arguments that stand before the first of them."""
    stages: list[Stage] = []
    globals_: dict[str, str] = {}
    for one in read_instructions(source.text):
        if one.name == "FROM":
            options, words = split_options(one.rest)
            name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            base = expand(words[0], globals_) if words else ""
            stages.append(Stage(base, name, one.line, platform=expand(options.get("platform", ""), globals_)))
        elif stages:
            stages[-1].instructions.append(one)
        elif one.name == "ARG" and "=" in one.rest:
            globals_.update(pairs(one.rest, globals_))
    return stages, globals_


def chain_of(stages: list[Stage], number: int) -> list[Stage]:
    """Return a stage after the stages it is built from, the first of them first."""
    chain = [stages[number]]
    while True:
        before = named(stages[:number], chain[0].base)
        if before is None:
            return chain
        number = before
        chain.insert(0, stages[number])


def named(stages: list[Stage], name: str) -> int | None:
    """Return the number of the last of the stages that has that name, None where none has."""
    found = [n for n, one in enumerate(stages) if one.name and one.name.lower() == name.lower()]
    return found[-1] if found else None


def split_options(rest: str) -> tuple[dict[str, str], list[str]]:
    """Return the leading `--name=value` options of an instruction and the words behind them."""
    words = rest.replace("\\\n", " ").split()
    options = {}
    while words and words[0].startswith("--"):
        name, _, value = words.pop(0)[2:].partition("=")
        options[name] = value
    return options, words


def pairs(rest: str, variables: dict[str, str]) -> dict[str, str]:
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


def array(rest: str) -> list[str] | None:
    """Return the words of an instruction in its JSON form, None for any other."""
    words = rest.replace("\\\n", " ").strip()
    if not words.startswith("["):
        return None
    try:
        found = json.loads(words)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(one, str) for one in found) else None


def listed(rest: str) -> list[str]:
    """Return the words of an instruction that takes several, in either form."""
    found = array(rest)
    return rest.replace("\\\n", " ").split() if found is None else found


def command_line(rest: str) -> str:
    """Return what CMD, ENTRYPOINT or HEALTHCHECK runs as one command line."""
    words = array(rest)
    if words is None:
        return " ".join(rest.replace("\\\n", " ").split())
    return " ".join(quoted(word) for word in words)


def quoted(word: str) -> str:
    """Return a word as a shell takes it."""
    if re.fullmatch(r"[\w@%+=:,./-]+", word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"
