"""Which file a command's first word means in a prepared environment, and why one could not be started."""

from __future__ import annotations

import difflib
import errno
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path

from ..errors import Failure, Hint, Problem, problem, text


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
        raise Failure(_not_executable(name, present), exit_code=Code.NOT_EXECUTABLE)
    raise Failure(_not_found(argv, folders, named_by_path=named_by_path), exit_code=Code.NOT_FOUND)


def without_interpreter(program: str) -> bool:
    """Return whether a file is a script with no `#!` line, which a shell would read itself.

    The test is bash's: text has no NUL in its first bytes.
    """
    with Path(program).open("rb") as file:
        head = file.read(80)
    return b"\0" not in head and not head.startswith(b"#!")


def not_started(name: str, program: str, error: OSError) -> Failure:
    """Return why the system refused to start `program`, a file that is there and executable."""
    if error.errno == errno.ENOENT:
        return Failure(
            problem("PV606", name=name, interpreter=_interpreter(program), why=text("PV606.why")),
            exit_code=Code.NOT_EXECUTABLE,
        )
    if error.errno == errno.ENOEXEC:
        return Failure(
            problem("PV607", name=name, machine=platform.machine(), why=text("PV607.why", path=program)),
            exit_code=Code.NOT_EXECUTABLE,
        )
    code = Code.NOT_EXECUTABLE if isinstance(error, PermissionError) else Code.OURS
    reason = text("PV608.why", reason=error.strerror or type(error).__name__)
    return Failure(problem("PV608", name=name, why=reason), exit_code=code)


def _interpreter(program: str) -> str:
    with Path(program).open("rb") as file:
        line = file.readline(256)
    return os.fsdecode(line[2:].strip()) if line.startswith(b"#!") else "ld.so"


def _not_executable(name: str, path: str) -> Problem:
    if os.path.isdir(path):
        return problem("PV605", name=name, why=text("PV605.folder", path=path))
    python = path.endswith(".py")
    command = f"provenv run -- python {name}" if python else f"chmod +x {path}"
    return problem("PV605", name=name, why=text("PV605.why", path=path), hints=(Hint(command=command),))


def _not_found(argv: Sequence[str], folders: Sequence[str], *, named_by_path: bool) -> Problem:
    name = argv[0]
    hints = []
    if len(argv) == 1 and any(character.isspace() for character in name):
        hints.append(Hint(text("PV604.one_word"), f"provenv run -- {name}"))
    elif not named_by_path:
        near = difflib.get_close_matches(name, _programs(folders[:1]), n=1, cutoff=0.75)
        hints.extend(Hint(text("PV604.near", near=one)) for one in near)
        if not near:
            hints.append(Hint(text("PV604.hint", name=name)))
    why = text("PV604.file") if named_by_path else text("PV604.why", n=len(folders))
    return problem("PV604", name=name, why=why, hints=tuple(hints))


def _programs(folders: Sequence[str]) -> list[str]:
    """Return the names of the programs in the environment's own folder, for the near miss."""
    names = {entry.name for folder in folders if os.path.isdir(folder) for entry in os.scandir(folder)}
    if sys.platform == "win32":
        names = {os.path.splitext(name)[0] for name in names}
    return sorted(names)
