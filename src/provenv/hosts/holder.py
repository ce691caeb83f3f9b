"""Which process a container belongs to: told in a label, so that what a killed process left is found."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
BEGAN = 19  # fields behind the program's name in /proc/PID/stat, counted from 0: starttime (proc(5))


def holder(number: int | None = None) -> str:
    """Return `MACHINE/BOOT/NAMESPACE/PID/BEGAN` of this process, or of process `number` of this machine.

    A PID alone would mean another process after a restart, on another machine, or in a container
    that talks to its host's engine. Where the system does not tell (it has no /proc) a part is `-`.
    """
    pid = os.getpid() if number is None else number
    return "/".join((*_here(), str(pid), _began(pid)))


def is_left(said: str) -> bool:
    """Tell whether the process that a label names is gone; of other machines' nobody here can tell."""
    machine, boot, space, pid, began = (*said.split("/"), "", "", "", "", "")[:5]
    here = _here()
    if machine != here[0] or not pid.isdigit():
        return False
    if boot != here[1]:
        return True
    if space != here[2]:
        return False
    return not _is_alive(int(pid)) or began != _began(int(pid))


def _here() -> tuple[str, str, str]:
    boot, space = "-", "-"
    with suppress(OSError):
        boot = BOOT.read_text(encoding="ascii").strip()
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    return platform.node().replace("/", "-") or "-", boot, space


def _began(number: int) -> str:
    with suppress(OSError, IndexError):
        told = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
        return told.rpartition(")")[2].split()[BEGAN]
    return "-"


def _is_alive(number: int) -> bool:
    if sys.platform == "win32":
        return True  # there a signal of 0 is Ctrl-C
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
