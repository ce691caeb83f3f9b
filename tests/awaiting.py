"""What the tests' scripts wait with for signals that they handle: none is lost.

`signal.pause()`, and a `read` as well, may begin after a signal has come and before Python has called its
handler: the handler is called when the next signal comes, if one does. Seen about once in 40,000 times, and
more often on a loaded machine. The byte that Python writes for each signal (signal.set_wakeup_fd) stays.
"""

from __future__ import annotations

AWAITING = """
import os, select, signal

def await_signals():
    for _ in lines_among_signals(()): pass

def lines_among_signals(streams=(0,)):
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told)
    begun = b""
    while True:
        ready = select.select([heard, *streams], [], [])[0]
        if heard in ready:
            os.read(heard, 4096)
        if 0 in ready:
            words = os.read(0, 4096)
            *whole, begun = (begun + words).split(b"\\n")
            yield from (line.decode() for line in whole)
            if not words: return
"""
"""Defines `await_signals`, which never returns, and `lines_among_signals`, which yields the input's lines."""
