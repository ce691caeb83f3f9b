"""How every ending becomes an exit code: failures, signals, a reader that left, defects of ours."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from .. import lazy
from ..errors import Exit, Failure

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
        sys.stdout.flush()
        return code
    except Failure as failure:
        viewed().failed(failure, failure.data)
        return failure.exit_code
    except KeyboardInterrupt as stopped:
        viewed().failed(lazy.load("cli.interrupted")())
        return 128 + stopped.number if isinstance(stopped, Ended) else Exit.INTERRUPTED
    except BrokenPipeError:
        # whoever read us has seen enough (`provenv history | head`); Python flushes once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the one place where a defect becomes a report, not a traceback
        viewed().failed(lazy.load("cli.defect")(error, arguments))
        return Exit.DEFECT


def _end(number: int, _: FrameType | None) -> None:
    raise Ended(number)
