"""Ending a run through whoever watches it, and making sure first that it is the one who does.

A process's number is given again after its end: it is signalled only while it has the run's `held` open
(Linux, /proc/PID/fd), through a descriptor of the process itself where there are such (pidfd_open(2)).
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import Failure, Hint, problem, text, verbatim
from ..model.runs import RunRecord
from .folder import RunFolder
from .reading import is_held


def signal_watcher(folder: RunFolder, record: RunRecord, *, kill: bool) -> bool:
    """Tell whoever watches a run to leave (SIGTERM), or kill it; return False where nobody does any more.

    Raises Failure: PV1184 where the process is not the one that watches, PV1185 where it is on another
    machine, PV1186 where it may not be signalled.
    """
    number = signal.SIGTERM if not kill or sys.platform == "win32" else signal.SIGKILL
    try:
        with _Process(record.pid) as process:
            if not is_held(folder):
                return False
            if not process.watches(folder):
                raise _stranger(folder, record)
            folder.stopped.touch()
            process.send(number)
    except ProcessLookupError:
        if not is_held(folder):
            return False
        raise _stranger(folder, record) from None
    except PermissionError as error:
        why = verbatim(error.strerror or "EPERM")
        raise Failure(problem("PV1186", run=folder.id, pid=record.pid, why=why)) from error
    return True


class _Process:
    """A process that cannot become another one while it is looked at, where the system gives that."""

    def __init__(self, pid: int) -> None:
        if pid <= 0:
            raise ProcessLookupError
        self.pid = pid
        self.handle: int | None = None

    def __enter__(self) -> _Process:
        if hasattr(os, "pidfd_open"):
            try:
                self.handle = os.pidfd_open(self.pid)
            except ProcessLookupError:
                raise
            except OSError:
                # a kernel before 5.3, or a sandbox that forbids it
                self.handle = None
        if self.handle is None and sys.platform != "win32":
            os.kill(self.pid, 0)
        return self

    def __exit__(self, *_: object) -> None:
        if self.handle is not None:
            os.close(self.handle)

    def watches(self, folder: RunFolder) -> bool:
        """Tell whether this is the process that holds the run's lock."""
        opened = Path("/proc") / str(self.pid) / "fd"
        if not opened.is_dir():
            return _launches(self.pid)
        held = folder.held.stat()
        for one in opened.iterdir():
            with suppress(FileNotFoundError):
                if os.path.samestat(one.stat(), held):
                    return True
        return False

    def send(self, number: signal.Signals) -> None:
        """Signal the process."""
        if self.handle is not None and hasattr(signal, "pidfd_send_signal"):
            signal.pidfd_send_signal(self.handle, number)
        else:
            os.kill(self.pid, number)


def _launches(pid: int) -> bool:
    """Tell by its command line whether a process is ours, where what it has open cannot be seen (macOS)."""
    if sys.platform == "win32":
        return True
    done = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return "provenv" in done.stdout


def _stranger(folder: RunFolder, record: RunRecord) -> Failure:
    """Return why the process of a run that is held is not the one that holds it."""
    here = platform.node()
    if record.host and here and record.host != here:
        hint = Hint(text("PV1185.hint", host=record.host), f"provenv runs stop {folder.id}")
        return Failure(problem("PV1185", run=folder.id, host=record.host, hints=(hint,)))
    why = text("PV1184.why", path=str(folder.held))
    return Failure(problem("PV1184", run=folder.id, pid=record.pid, why=why))
