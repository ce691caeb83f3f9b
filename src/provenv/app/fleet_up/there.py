"""A script that ran on a host: how it is called, and what its failure means."""

from __future__ import annotations

import shlex

from ...errors import Exit, Failure, Hint, Problem, problem, text, verbatim
from ...hosts.ssh_files import NO_ROOM, NOT_ALLOWED
from ...model.channel import Completed

LONGEST_WORDS = 600


def words(script: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a POSIX shell script with arguments for its `$1`, `$2`..."""
    return ("/bin/sh", "-c", script, "provenv", *arguments)


def must(done: Completed, host: str, path: str, code: str = "PV1320") -> None:
    """Make sure that a script ended well.

    Raises Failure: PV1283 no room, PV1284 not allowed, else `code` with the script's last words.
    """
    if done.code:
        raise failed(done, host, path, code)


def failed(done: Completed, host: str, path: str, code: str = "PV1320") -> Failure:
    """Return the failure of a script that did not end well; see `must`."""
    said = last_words(done)
    if NO_ROOM.search(done.err):
        return Failure(no_room(host, path, said))
    if NOT_ALLOWED.search(done.err):
        hint = Hint(text("PV1284.hint"), f"ssh {shlex.quote(host)} ls -ld {shlex.quote(path)}")
        found = problem("PV1284", host=host, path=path, why=verbatim(said), hints=(hint,))
        return Failure(found, exit_code=Exit.DENIED)
    return Failure(problem(code, host=host, path=path, why=verbatim(said)))


def no_room(host: str, path: str, said: str) -> Problem:
    """Return the problem of a host whose disk is full."""
    hint = Hint(text("PV1283.hint"), f"ssh {shlex.quote(host)} df -h")
    return problem("PV1283", host=host, path=path, why=verbatim(said), hints=(hint,))


def again(target: str) -> tuple[Hint, ...]:
    """Return the hint that puts right what differs on hosts."""
    return (Hint(None, f"provenv up --on {target}"),)


def last_words(done: Completed) -> str:
    """Return what a command that failed said, or its code."""
    return done.err.strip()[-LONGEST_WORDS:] or str(done.code)
