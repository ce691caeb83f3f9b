"""The instructions of a Dockerfile, each with its line (docs.docker.com, "Dockerfile reference")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_INSTRUCTION = re.compile(r"\s*(?P<name>[A-Za-z]+)\s+(?P<rest>.*)", re.DOTALL)
_ESCAPE = re.compile(r"#\s*escape\s*=\s*(\S)", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(?P<mark>\w+)\1")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, its words with continuations kept, its 1-based line."""

    name: str
    rest: str
    line: int


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
