"""Which file a command's first word means in a prepared environment."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

from ..errors import Failure, Hint, problem, text
from ..lazy import load

T = TypeVar("T")


class Code(IntEnum):
    """What `run`, `shell` and `exec` return where the command itself could not: as POSIX shells do."""

    OURS = 125
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127


def resolve(argv: Sequence[str], environment: Mapping[str, str], folder: str) -> str:
    """Return the path of the program that `argv` names, looked for on the prepared PATH.

    Relative paths, also those on PATH, are meant from `folder`, where the command will run.
    Raises Failure, with exit code 127 where there is none and 126 where it may not be executed.
    """
    if not argv or not argv[0]:
        raise Failure(problem("PV604", name="", hints=(Hint(text("PV604.empty")),)), exit_code=Code.NOT_FOUND)
    name = argv[0]
    named_by_path = os.path.dirname(name) != ""
    folders = [
        os.path.join(folder, entry) for entry in environment.get("PATH", "").split(os.pathsep) if entry
    ]
    found = (
        shutil.which(os.path.join(folder, name))
        if named_by_path
        else shutil.which(name, path=os.pathsep.join(folders))
    )
    if found is not None:
        return found
    candidates = [folder] if named_by_path else folders
    present = next((p for p in (os.path.join(f, name) for f in candidates) if os.path.exists(p)), None)
    if present is not None:
        raise Failure(load("runs.not_executable")(name, present), exit_code=Code.NOT_EXECUTABLE)
    raise Failure(
        load("runs.not_found")(argv, folders, named_by_path=named_by_path), exit_code=Code.NOT_FOUND
    )


def started(start: Callable[[str, Sequence[str]], T], program: str, argv: Sequence[str]) -> T:
    """Return what `start(executable, words)` gives; one without `#!` is read by a shell, as shells do.

    Raises Failure where the system refuses it.
    """
    try:
        return start(program, argv)
    except OSError as failed:
        if failed.errno == errno.ENOEXEC and without_interpreter(program):
            return start("/bin/sh", ["sh", program, *argv[1:]])
        raise load("runs.not_started")(argv[0], program, failed) from failed


def without_interpreter(program: str) -> bool:
    """Return whether a file is a script with no `#!` line, which a shell would read itself.

    The test is bash's: text has no NUL in its first bytes.
    """
    with Path(program).open("rb") as file:
        head = file.read(80)
    return b"\0" not in head and not head.startswith(b"#!")
