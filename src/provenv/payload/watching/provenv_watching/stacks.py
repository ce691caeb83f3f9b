"""Beats as long as the process lives, and where its threads stand whenever it is asked by a signal."""

import _thread
import os
import sys
from time import sleep

from . import process
from .lines import line
from .process import THIS

EVERY = 5.0
_BEATING = {"pid": 0}
_STACKS = []


def register():
    """Dump all threads' stacks into PROVENV_RUN_STACKS at the signal of that number.

    A handler that the script registers for it later takes the place of this one.
    """
    path, number = os.environ.get("PROVENV_RUN_STACKS"), os.environ.get("PROVENV_RUN_STACKS_SIGNAL", "")
    if not path or not number.isdigit():
        return
    try:
        import faulthandler

        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            import fcntl

            high = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, process.HIGH)
            os.close(opened)
            opened = high
        except (ImportError, OSError):
            pass
        faulthandler.register(int(number), file=opened, all_threads=True, chain=False)
        _STACKS.append(opened)
    except (ImportError, AttributeError, OSError, ValueError, RuntimeError) as error:
        process.failed("stacks", error)


def beat():
    """Begin to beat: by a thread that neither `threading` nor the interpreter's end waits for.

    It begins when the process writes and a framework is imported, not before: tools that train nothing keep
    their single thread.
    """
    if _BEATING["pid"] != os.getpid() and THIS.role in ("first", "writer"):
        _BEATING["pid"] = os.getpid()
        try:
            _thread.start_new_thread(_beat, (os.getpid(),))
        except RuntimeError as error:
            process.failed("beats", error)


def _beat(pid):
    while os.getpid() == pid and THIS.role != "off":
        sleep(EVERY)
        if not process.silent():
            progress = sys.modules.get(__package__ + ".progress")
            process.emit(line("beat", n=progress.STEPS.n if progress else 0), training=False)


THIS.on_claim.append(beat)
