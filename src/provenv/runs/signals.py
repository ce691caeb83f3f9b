"""Signals that reach provenv while a command runs, handed on to the command, each one once.

The command is in our own process group, so what the terminal sends (Ctrl-C,
Ctrl-\\, a new window size) reaches it without us, and Ctrl-Z stops both of us,
as the shell's job control expects. What is sent to our process alone (`kill
PID`, a supervisor, a batch system) is handed on.

Linux tells the two apart: `si_code` is SI_KERNEL for what the terminal driver
sends (sigaction(2)). Elsewhere the terminal's foreground group decides.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

HANDED_ON = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH")
    if hasattr(signal, name)
)
FROM_TERMINAL = frozenset(
    getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGWINCH") if hasattr(signal, name)
)
SI_KERNEL = 0x80
"""Linux, <asm-generic/siginfo.h>."""

POLL = 0.5
"""Seconds of one wait. A signal that comes between the interpreter's last look and the wait is handled
after it, so none may last as long as a training does. And Windows delivers Ctrl-C only between two."""

Handler = Callable[[int, FrameType | None], None]


@contextmanager
def caught() -> Iterator[list[int]]:
    """Collect the signals that would end us, from before the command is started.

    What is ignored stays ignored, and so does it in the command: `nohup` means it.
    """
    arrived: list[int] = []
    previous = {
        number: signal.getsignal(number)
        for number in HANDED_ON
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    for number in previous:
        signal.signal(number, lambda number, _frame: arrived.append(number))
    if sys.platform != "win32":
        # where SIGCHLD is ignored the kernel throws exit codes away
        previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield arrived
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def supervise(process: subprocess.Popen[bytes], arrived: list[int]) -> int:
    """Wait for the command, handing signals on to it; return its code as `Popen` has it.

    `arrived` are the signals that came while it was being started (`caught`).
    """
    # with a second thread the kernel could give it the signals that are waited for here
    if hasattr(signal, "sigwaitinfo") and threading.active_count() == 1:
        return _by_information(process, arrived)
    return _by_handlers(process, arrived)


def _by_information(process: subprocess.Popen[bytes], arrived: list[int]) -> int:
    watched = {number for number in HANDED_ON if signal.getsignal(number) is not signal.SIG_IGN}
    watched.add(signal.SIGCHLD)
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    try:
        for number in arrived:
            _hand_on(process, number, by_terminal=_in_foreground(number))
        while process.poll() is None:
            information = signal.sigwaitinfo(watched)
            if information.si_signo != signal.SIGCHLD:
                _hand_on(process, information.si_signo, by_terminal=information.si_code == SI_KERNEL)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
    return process.wait()


def _by_handlers(process: subprocess.Popen[bytes], arrived: list[int]) -> int:
    def handle(number: int, _frame: FrameType | None) -> None:
        _hand_on(process, number, by_terminal=_in_foreground(number))

    for number in HANDED_ON:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)
    for number in arrived:
        handle(number, None)
    ended = threading.Event()
    threading.Thread(target=_tell_the_end, args=(process, ended), daemon=True).start()
    while not ended.wait(POLL):
        pass
    return process.wait()


def _tell_the_end(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    process.wait()
    ended.set()


def _in_foreground(number: int) -> bool:
    """Return whether the terminal may have sent this: it is a key's signal, and we hold the terminal."""
    if number not in FROM_TERMINAL:
        return False
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


def _hand_on(process: subprocess.Popen[bytes], number: int, *, by_terminal: bool) -> None:
    """Send the signal to the command unless the terminal has sent it there already.

    A command that left our process group gets nothing from the terminal, so it gets ours.
    """
    with suppress(ProcessLookupError):
        if by_terminal and os.getpgid(process.pid) == os.getpgrp():
            return
        process.send_signal(number)
