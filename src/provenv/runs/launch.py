"""Run a command in the foreground, on the user's terminal, and return its code as it is."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

from ..errors import Failure, problem, text
from ..lazy import load
from .program import Code, resolve, started, without_interpreter
from .relay import Relay
from .signals import caught, supervise


def launch(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: str,
    held: int | None = None,
    relay: Relay | None = None,
) -> int:
    """Run `argv` in `folder` with exactly `environment`; return what a shell would say of its end.

    `held` is the file descriptor of a lease: the command inherits it, so that
    the generation stays held while it runs, even if we are killed. Its standard error (or
    output, as the relay says) goes through `relay`, where there is one. A command that was ended by
    signal N returns 128 + N.
    Raises Failure where it could not be started, with exit code 127 (not
    found), 126 (not executable) or 125 (ours).
    """
    if not os.path.isdir(folder):
        raise Failure(problem("PV609", folder=folder, why=text("PV609.why")), exit_code=Code.OURS)
    program = resolve(argv, environment, folder)
    if sys.platform == "win32":
        return _on_windows(program, argv, environment, folder)
    with caught() as arrived:
        code = supervise(_start(program, argv, environment, folder, held, relay), arrived)
    return 128 - code if code < 0 else code


def become(
    argv: Sequence[str], *, environment: Mapping[str, str], folder: str, held: int | None = None
) -> int:
    """Become `argv`: the same process goes on as that program, and holds the lease to its end.

    For whoever watches or signals the process that it started (Jupyter, a
    supervisor). Returns only where the system cannot do it (Windows), as `launch` does.
    Raises Failure as `launch` does.
    """
    if sys.platform == "win32":
        return launch(argv, environment=environment, folder=folder, held=held)
    if not os.path.isdir(folder):
        raise Failure(problem("PV609", folder=folder, why=text("PV609.why")), exit_code=Code.OURS)
    program = resolve(argv, environment, folder)
    if held is not None:
        os.set_inheritable(held, True)
    os.chdir(folder)
    try:
        os.execve(program, list(argv), dict(environment))  # noqa: S606 - no shell is wanted
    except OSError as error:
        if error.errno == errno.ENOEXEC and without_interpreter(program):
            os.execve("/bin/sh", ["sh", program, *argv[1:]], dict(environment))  # noqa: S606
        raise load("runs.not_started")(argv[0], program, error) from error


def _start(
    program: str,
    argv: Sequence[str],
    environment: Mapping[str, str],
    folder: str,
    held: int | None,
    relay: Relay | None,
) -> subprocess.Popen[bytes]:
    descriptors = () if held is None else (held,)
    output = relay.descriptor if relay is not None and relay.stream == 1 else None
    error = relay.descriptor if relay is not None and relay.stream == 2 else None

    def start(executable: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            words,
            executable=executable,
            env=environment,
            cwd=folder,
            pass_fds=descriptors,
            stdout=output,
            stderr=error,
        )

    return started(start, program, argv)


def _on_windows(program: str, argv: Sequence[str], environment: Mapping[str, str], folder: str) -> int:
    """Run it there: the console sends Ctrl-C to all who hold it, so we only have to outlive it."""
    previous = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        process = subprocess.Popen([program, *argv[1:]], env=environment, cwd=folder)
        return process.wait()
    except OSError as error:
        raise load("runs.not_started")(argv[0], program, error) from error
    finally:
        signal.signal(signal.SIGINT, previous)
