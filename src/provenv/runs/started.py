"""Which script of Python a command starts, by its words: behind `mpirun -np 4` or `torchrun` too."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PYTHON = re.compile(r"python[\d.]*(\.exe)?$")
LAUNCHERS = frozenset(
    (
        *("horovodrun", "mpirun", "mpiexec", "mpiexec.hydra", "orterun", "prterun", "srun"),
        *("torchrun", "accelerate", "deepspeed", "lightning", "fabric", "composer"),
        *("env", "nice", "ionice", "nohup", "time", "timeout", "numactl", "taskset", "stdbuf", "uv"),
    )
)
"""Programs that start the command among their own words."""
COUNTS = frozenset(
    ("-np", "--np", "-n", "--n", "--num-proc", "--ntasks", "--nproc-per-node", "--nproc_per_node")
)
WITH_VALUE = frozenset(("-W", "-X", "--check-hash-based-pycs"))
"""Options of Python's own that take the next word."""
LONGEST = 4 << 20


@dataclass(frozen=True)
class Started:
    """A script: its path, and the words that start it alone; `count` is how many of it a launcher starts."""

    path: str
    words: tuple[str, ...]
    launcher: str = ""
    count: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """What torchrun is given: the same words without Python itself."""
        return self.words[1:] if PYTHON.match(os.path.basename(self.words[0])) else self.words


def may_need_horovod(argv: Sequence[str], folder: str, environment: Mapping[str, str]) -> bool:
    """Tell whether Horovod is worth a look: a start must stay fast, so most scripts are not parsed."""
    if argv and argv[0] == "horovodrun":
        return True
    started = script_of(argv, folder, environment)
    return started is not None and b"horovod" in content_of(started.path)


def content_of(path: str) -> bytes:
    """Return what stands in a script; nothing if it can't be read or is far too long."""
    try:
        with open(path, "rb") as file:
            content = file.read(LONGEST + 1)
    except OSError:
        return b""
    return content if len(content) <= LONGEST else b""


def script_of(argv: Sequence[str], folder: str, environment: Mapping[str, str]) -> Started | None:
    """Return the script that `argv` starts in `folder`; None where it starts none, or none that is there."""
    first = os.path.basename(argv[0]) if argv else ""
    launcher = first if first in LAUNCHERS else ""
    search = (folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)))
    for place, word in enumerate(argv if launcher else argv[:1]):
        if PYTHON.match(os.path.basename(word)) or word.endswith(".py"):
            path = _script(argv[place:], folder, search)
            # `mpirun --mca file.py` and its like name files that are not started
            if path is not None:
                count = _count(argv[1:place]) if launcher else ""
                return Started(path, tuple(argv[place:]), launcher, count)
    return None


def _script(words: Sequence[str], folder: str, search: Sequence[str]) -> str | None:
    if words[0].endswith(".py"):
        return _there(os.path.join(folder, words[0]))
    rest = iter(words[1:])
    for word in rest:
        if word == "-m":
            return _module(next(rest, ""), search)
        if word in WITH_VALUE:
            next(rest, "")
        elif not word.startswith("-"):
            path = os.path.join(folder, word)
            return _there(os.path.join(path, "__main__.py")) if os.path.isdir(path) else _there(path)
        elif word == "-" or (not word.startswith("--") and "c" in word):
            return None
    return None


def _module(name: str, search: Sequence[str]) -> str | None:
    parts = name.split(".")
    for folder in search:
        path = os.path.join(folder, *parts)
        found = _there(f"{path}.py") or _there(os.path.join(path, "__main__.py"))
        if found is not None:
            return found
    return None


def _there(path: str) -> str | None:
    return path if os.path.isfile(path) else None


def _count(words: Sequence[str]) -> str:
    """Return how many processes a launcher's options ask for, as they say it."""
    for option, value in zip(words, (*words[1:], ""), strict=True):
        name, _, joined = option.partition("=")
        if name in COUNTS and (joined or value).isdecimal():
            return joined or value
    return ""
