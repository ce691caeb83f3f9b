"""This machine as a Host: commands are child processes, files are files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import Exit, Failure, Hint, Problem, problem, text, verbatim
from ..model.channel import Completed, Patience
from .files import write_whole
from .process import Child
from .refused import refused


class LocalHost:
    """The machine that provenv runs on.

    Written for Linux, macOS and Windows; exercised on Linux.
    """

    name = "local"

    def exec(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        limit: float | None = None,
        patience: Patience | None = None,
        on_stdout: Callable[[str], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command in a process group of its own and wait for it (see model.channel.Host).

        Output is waited for until the command itself has ended; what it left behind in the
        background is not. Callbacks run in the caller's thread. Ctrl-C ends the group first.
        Raises Failure as `begin` does.
        """
        child = self.begin(argv, stdin=stdin, environment=environment, folder=folder)
        return child.complete(limit, on_stdout, on_stderr, patience)

    def begin(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> Child:
        """Start a command in a process group of its own; its `complete` or `end` has to be called.

        Raises Failure: PV801 program not found, PV802 not allowed to run it, PV803 no such
        folder, PV804 the system cannot start it.
        """
        if folder is not None and not os.path.isdir(folder):
            raise Failure(problem("PV803", folder=folder))
        try:
            return Child(argv, environment, folder, stdin)
        except FileNotFoundError as error:
            raise Failure(_missing(argv[0], error)) from error
        except PermissionError as error:
            why = text("PV802.why", program=argv[0])
            raise Failure(problem("PV802", why=why, program=argv[0]), exit_code=Exit.DENIED) from error
        except (OSError, ValueError, IndexError) as error:
            raise Failure(problem("PV804", why=verbatim(str(error)), program=_shown(argv))) from error

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        """Write a file, whole or not at all, and make sure that it is on the disk.

        Folders above it are made. A symbolic link is followed, not replaced.
        Raises Failure PV805 where the file cannot be written.
        """
        goal = Path(os.path.realpath(path))
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
            write_whole(goal, content, mode)
        except PermissionError as error:
            raise Failure(_unwritable(path, error), exit_code=Exit.DENIED) from error
        except OSError as error:
            raise refused(error, path) or Failure(_unwritable(path, error)) from error

    def get(self, path: str) -> bytes:
        """Return a file's content.

        Raises FileNotFoundError where it is missing, Failure PV806 where it cannot be read.
        """
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise
        except OSError as error:
            why = verbatim(error.strerror or str(error))
            denied = isinstance(error, PermissionError)
            code = Exit.DENIED if denied else Exit.FAILED
            raise Failure(problem("PV806", why=why, path=path), exit_code=code) from error


def _missing(program: str, error: OSError) -> Problem:
    """Tell a program that is not there from a script whose interpreter is not there."""
    if os.path.dirname(program) and os.path.isfile(program):
        return problem("PV801", why=text("PV801.why_interpreter", path=program), program=program)
    hints = () if os.path.dirname(program) else (Hint(text=text("PV801.hint", program=program)),)
    return problem("PV801", why=verbatim(error.strerror or str(error)), hints=hints, program=program)


def _unwritable(path: str, error: OSError) -> Problem:
    return problem("PV805", why=verbatim(error.strerror or str(error)), path=path)


def _shown(argv: Sequence[str]) -> str:
    """Return the program's name, as far as it can be shown (a name may hold what no terminal takes)."""
    return repr(argv[0])[1:-1] if argv else ""
