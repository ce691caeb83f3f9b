"""Commands that need an administrator's right, written with `sudo` for who is none."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from ..model.diagnosis import Advice, Diagnosis

# what a shell does itself, or that the right must hold for as a whole
WHOLE = re.compile(r"[|&;<>`\n]|\$\(|^(?:cd|export|source|ulimit|umask|\.|echo|for|if|while)\b|^\w+=")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def elevated(found: Diagnosis) -> Diagnosis:
    """Return the diagnosis with `sudo` before every command that needs root."""
    return replace(
        found,
        candidates=tuple(
            replace(
                one,
                remedies=tuple(map(_advice, one.remedies)),
                confirm=tuple(map(_advice, one.confirm)),
            )
            for one in found.candidates
        ),
    )


def with_sudo(command: str) -> str:
    """Return a command of sh as root runs it: `sudo COMMAND`, or by root's shell where it is several."""
    if command.startswith("sudo "):
        return command
    if WHOLE.search(QUOTED.sub("''", command)):
        return f"sudo sh -c {shlex.quote(command)}"
    return f"sudo {command}"


def _advice(advice: Advice) -> Advice:
    if not advice.root:
        return advice
    return replace(advice, commands=tuple(map(with_sudo, advice.commands)))
