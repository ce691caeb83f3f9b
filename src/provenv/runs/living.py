"""The living processes of a group, and signals to them; what has ended and waits to be asked for is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def living(group: int) -> bool:
    """Return whether any process of a group lives.

    Elsewhere than on Linux one that has ended and wasn't asked for (by its parent) counts too.
    """
    if sys.platform == "win32":
        return False
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # what is left has changed its user
    return not PROC.joinpath("self").exists() or bool(members(group))


def members(group: int) -> tuple[int, ...]:
    """Return the processes of a group that live, by proc(5); none where the system doesn't tell."""
    found = []
    with suppress(OSError):
        for entry in os.listdir(PROC):
            if entry.isdecimal() and _is_of(entry, group):
                found.append(int(entry))
    return tuple(sorted(found))


def _is_of(pid: str, group: int) -> bool:
    try:
        # the name in brackets may hold anything, so the fields are counted from its end
        state, _parent, its_group, *_ = (PROC / pid / "stat").read_bytes().rpartition(b")")[2].split()
    except (OSError, ValueError):
        return False
    return int(its_group) == group and state not in (b"Z", b"X")


def is_in(pid: int, group: int) -> bool:
    """Return whether a process lives and belongs to the group."""
    if sys.platform == "win32":
        return False
    try:
        return os.getpgid(pid) == group
    except OSError:
        return False


def catches(pid: int, number: int) -> bool | None:
    """Return whether a process has a handler for a signal (SigCgt, proc(5)); None where nobody tells."""
    try:
        status = (PROC / str(pid) / "status").read_text("utf-8", "replace")
    except OSError:
        return None
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == "SigCgt":
            return bool(int(value, 16) >> (number - 1) & 1)
    return None


def send(pid: int, number: int) -> None:
    """Signal one process, if it is there and ours. On Windows it gets Ctrl-Break."""
    if sys.platform == "win32":
        number = int(getattr(signal, "CTRL_BREAK_EVENT"))  # noqa: B009 - only Windows has it
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def send_group(group: int, number: int) -> None:
    """Signal all processes of a group. On Windows its tree ends, whatever the signal."""
    if sys.platform == "win32":
        end = ["taskkill", "/T", "/F", "/PID", str(group)]
        subprocess.run(end, capture_output=True, check=False)
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
