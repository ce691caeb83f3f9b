"""Why a command could not be started: not found, not executable, refused by the system."""

from __future__ import annotations

import difflib
import errno
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import Failure, Hint, Problem, problem, text
from .program import Code


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


def not_executable(name: str, path: str) -> Problem:
    """Return why a file that is there may not be executed."""
    if os.path.isdir(path):
        return problem("PV605", name=name, why=text("PV605.folder", path=path))
    python = path.endswith(".py")
    command = f"provenv run -- python {name}" if python else f"chmod +x {path}"
    return problem("PV605", name=name, why=text("PV605.why", path=path), hints=(Hint(command=command),))


def not_found(argv: Sequence[str], folders: Sequence[str], *, named_by_path: bool) -> Problem:
    """Return that there is no such program, with what was meant perhaps."""
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
