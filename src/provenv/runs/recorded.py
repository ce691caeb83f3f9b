"""Which commands are recorded without being asked for: declared runs, and programs that train."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence

LAUNCHERS = frozenset(
    {"torchrun", "accelerate", "deepspeed", "lightning", "fabric", "horovodrun", "composer"}
)
"""Programs of an environment that start a training."""
NOT_TRAINING = frozenset(
    {"pip", "venv", "ensurepip", "http.server", "site", "pydoc", "timeit", "json.tool", "this", "idlelib"}
)
"""Modules that `python -m` runs and that nobody wants a record of."""


def is_recorded(name: str | None, argv: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tell whether a record of a command is kept; `name` is that of a declared run, if it is one.

    Of other commands those count that start a script or a module with the environment's own Python, or one
    of its launchers; a prompt, a one-liner and anything else passes without a trace.
    """
    if name is not None:
        return True
    if not argv:
        return False
    own = environment.get("VIRTUAL_ENV", "")
    found = shutil.which(argv[0], path=environment.get("PATH", ""))
    if not own or found is None or not os.path.dirname(found).startswith(own):
        return False
    program = os.path.basename(argv[0])
    if program in LAUNCHERS:
        return len(argv) > 1
    return program.startswith("python") and _starts_something(argv[1:])


def _starts_something(words: Sequence[str]) -> bool:
    """Tell whether Python is given a script or a module that may train (its own options come first)."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "-m":
            return bool(rest) and rest[0] not in NOT_TRAINING
        if word in ("-W", "-X", "--check-hash-based-pycs"):
            rest = rest[1:]
        elif word.startswith("-"):
            if word == "-" or "c" in word.lstrip("-") or "V" in word or "h" in word or word.startswith("--"):
                return False
        else:
            return True
    return False
