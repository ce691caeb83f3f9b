"""How every ending becomes an exit code: failures, signals, a reader that left, defects of ours."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from .. import lazy
from ..errors import Exit, Failure, problem
from ..ui.streams import Unwritten, flush
from .streams import silence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from ..ui.view import View


class Ended(KeyboardInterrupt):
    """SIGTERM or SIGHUP: the same clean-up as Ctrl-C, another exit code."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def listen() -> None:
    """Have SIGTERM and SIGHUP raise Ended from now on."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # `nohup` has it ignored, and means it
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def ending(work: Callable[[], int], viewed: Callable[[], View], arguments: Sequence[str]) -> int:
    """Do the work and return the exit code that DESIGN names. No traceback reaches a user.

    `viewed` returns the view in which a failure is shown; a report of a defect names the `arguments`.
    """
    try:
        code = work()
        # what cannot be written any more shall be noticed here, not while Python shuts down
        flush(sys.stdout)
        return code
    except Failure as failure:
        return _tell(viewed(), failure)
    except KeyboardInterrupt as stopped:
        _tell(viewed(), lazy.load("cli.interrupted")())
        return 128 + stopped.number if isinstance(stopped, Ended) else Exit.INTERRUPTED
    except BrokenPipeError:
        # whoever read us has seen enough (`provenv history | head`); Python flushes once more at its end
        silence(1)
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the one place where a defect becomes a report, not a traceback
        view, unwritten = viewed(), _unwritten(error)
        if unwritten is not None:
            # told on the other stream, whatever --json says
            return _tell(lazy.load("ui.view")(command="provenv", language=view.words.language), unwritten)
        return _tell(view, lazy.load("hosts.refused")(error) or lazy.load("cli.defect")(error, arguments))


def _tell(view: View, failure: Failure) -> int:
    """Show a failure, even where nobody takes what is written, and return its exit code."""
    try:
        view.failed(failure, failure.data)
    except (BrokenPipeError, Unwritten):
        silence(1)
    return int(failure.exit_code)


def _unwritten(error: Exception) -> Failure | None:
    """Return the failure of a standard output that takes nothing (a full disk), if that is what it was."""
    reason: Exception | None = error if isinstance(error, Unwritten) else None
    try:
        flush(sys.stdout)
    except (BrokenPipeError, Unwritten) as again:
        reason = again
    if reason is None:
        return None
    silence(1)
    return Failure(problem("PV469", reason=str(reason)))


def _end(number: int, _: FrameType | None) -> None:
    raise Ended(number)
