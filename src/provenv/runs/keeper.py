"""Makes sure that no process of a run goes on unwatched: if we are killed, all of them are.

A small process of its own, in a session that no terminal's signal reaches, reads a pipe whose other end only
we hold. We tell it each group that we start. When the pipe ends without a last word, we are gone - by
`kill -9`, by the kernel, by a crash - and it kills (SIGKILL) every group it knows. On Linux it then looks for
what it was never told of (we died while it was starting) or what has left its group: by the variable
PROVENV_RUN_SEEN, which names this run's folder, in /proc/PID/environ.

Rejected: PR_SET_PDEATHSIG alone. It reaches only the process itself and not what a shell or a loader started;
it needs code between fork and exec, which a process with threads must not run, or a program in front of each
rank; and it is Linux's alone.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import IO

from .ranks import SEEN

PROGRAM = r"""
import os, signal, sys, time
mark = os.fsencode(sys.argv[1])
for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGTSTP"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
groups, over = set(), False
for line in sys.stdin.buffer:
    word, _, number = line.strip().partition(b" ")
    if word == b"end":
        over = True
    elif word == b"begin":
        groups.add(int(number))
    elif word == b"gone":
        groups.discard(int(number))
if over:
    sys.exit(0)
def kill(send, number):
    try:
        send(number, signal.SIGKILL)
    except OSError:
        pass
for group in groups:
    kill(os.killpg, group)
# what was just being started may not have its variables yet
for again in range(5):
    if not os.path.isdir("/proc/self"):
        break
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        try:
            with open("/proc/" + pid + "/environ", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(mark) for word in words):
            kill(os.kill, int(pid))
    time.sleep(0.1)
"""


class Keeper:
    """The process that outlives us by a moment."""

    def __init__(self, folder: str) -> None:
        """Start it for the run whose files lie in `folder`; without it (Windows) nothing is kept."""
        self._process: subprocess.Popen[bytes] | None = None
        if sys.platform == "win32":
            return
        with suppress(OSError):
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", PROGRAM, f"{SEEN}={folder}/"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                bufsize=0,
                start_new_session=True,
            )

    def began(self, group: int) -> None:
        """Tell of a group that was started."""
        self._tell(f"begin {group}\n")

    def gone(self, group: int) -> None:
        """Tell of a group that has ended whole: its number may be given to others."""
        self._tell(f"gone {group}\n")

    def end(self) -> None:
        """Send it away: nothing of the run is left to be watched."""
        self._tell("end\n")
        if self._process is not None:
            stream: IO[bytes] | None = self._process.stdin
            if stream is not None:
                with suppress(OSError):
                    stream.close()
            self._process.wait()

    def _tell(self, words: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with suppress(OSError):  # somebody has killed it
            self._process.stdin.write(words.encode())
