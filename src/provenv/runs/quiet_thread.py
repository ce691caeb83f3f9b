"""A background thread that no signal is ever given to: whoever waits for signals gets all of them."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable


def quiet_thread(work: Callable[[], None], name: str) -> threading.Thread:
    """Start `work` in a thread that ends with the program, and return it.

    The kernel gives a process's signal to any thread that lets it in (signal(7)): one that is not the main
    thread would take it without waking that one.
    """
    thread = threading.Thread(target=work, name=name, daemon=True)
    if sys.platform == "win32":
        thread.start()
        return thread
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        # a thread begins with the mask of who starts it
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return thread
