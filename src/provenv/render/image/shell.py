"""Instructions of a Dockerfile as text: RUN with its mounts, in the dialect that a builder understands.

Format: https://docs.docker.com/reference/dockerfile/. There is never a `# syntax=` line: it names an
image with another frontend, which has to be fetched from a public registry before anything is built,
and everything that is used here is in the frontend that came with the engine.
"""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 98
JOIN = " \\\n    "
SECRETS = ("type=secret,id=network", "type=secret,id=ca")
"""Mounts of the build's own secrets: each is simply not there where nobody gave it."""
NETWORK = (
    "[ ! -s /run/secrets/ca ] || export SSL_CERT_FILE=/run/secrets/ca"
    " PIP_CERT=/run/secrets/ca GIT_SSL_CAINFO=/run/secrets/ca",
    "[ ! -s /run/secrets/network ] || . /run/secrets/network",
)
"""Shell lines that set what the secrets say of the network."""
MOMENT = 315532800
"""1980-01-01, before which zip files know no time: https://reproducible-builds.org/docs/timestamps/."""
_SHELL = "$`|&;<>(){}*?[]~#!\n"


def run(
    lines: Sequence[str], mounts: Iterable[str] = (), *, heredoc: bool = False, offline: bool = False
) -> str:
    """Return one RUN of several shell lines that ends with the first one that fails.

    Without `heredoc` they are joined into one command, because BuildKit before Dockerfile 1.4
    (Docker 20.10) knows no other way. `offline` takes the network away.
    """
    options = [*(["--network=none"] if offline else []), *(f"--mount={one}" for one in mounts)]
    head = f"RUN {JOIN.join(options)}".rstrip()
    if heredoc and len(lines) > 1:
        return "\n".join([f"{head} <<EOF", "set -e", *lines, "EOF"])
    body = list(lines) if len(lines) == 1 else ["set -e", *lines]
    return f"{head}{JOIN if options else ' '}{f';{JOIN}'.join(body)}"


def settled(folder: str) -> str:
    """Return the shell line that gives everything in a folder the same time in each build."""
    return f"find {folder} -exec touch -h -d @{MOMENT} {{}} +"


def exec_form(words: Sequence[str]) -> str:
    """Return words as the JSON list of an instruction's exec form: no shell stands between."""
    return json.dumps(list(words), ensure_ascii=False)


def command_form(line: str) -> str:
    """Return a command line in exec form; through a shell only where it needs one.

    Without a shell in front a program is the container's first process and gets the signals itself.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    if not words or any(one in line for one in _SHELL) or "=" in words[0]:
        return exec_form(("/bin/sh", "-c", line))
    return exec_form(words)


def quoted(value: str) -> str:
    """Return a value for ENV and LABEL: in quotes, with nothing that the builder would replace."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def pairs(instruction: str, values: Iterable[tuple[str, str]]) -> str:
    """Return one instruction that sets several names to values that are quoted already."""
    return f"{instruction} {JOIN.join(f'{name}={value}' for name, value in values)}"


def comment(*paragraphs: str) -> str:
    """Return paragraphs as lines of comment; an empty one is an empty line."""
    rows = [row for one in paragraphs for row in (textwrap.wrap(one, WIDTH) or [""])]
    return "\n".join(f"# {row}".rstrip() for row in rows)
