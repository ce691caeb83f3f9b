"""What happens while a group runs, as a queue: processes end and print, signals come to us."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .signals import HANDED_ON

if TYPE_CHECKING:
    from .member import Member

INT, TERM, STOP = int(signal.SIGINT), int(signal.SIGTERM), int(getattr(signal, "SIGTSTP", 0))
LEAVING = tuple(int(getattr(signal, name)) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that mean "save and leave"."""


@dataclass(frozen=True)
class Exited:
    """A process has ended."""

    member: Member


@dataclass(frozen=True)
class Closed:
    """Nobody can write to one of a process's streams any more."""

    member: Member


@dataclass(frozen=True)
class Printed:
    """A process wrote this to its standard output (1) or error (2)."""

    member: Member
    stream: int
    words: bytes


@dataclass(frozen=True)
class Signalled:
    """A signal came to us."""

    number: int


class Source(Protocol):
    """Who sends what comes from elsewhere than a process of ours."""

    def take(self, event: Heard) -> None:
        """Take an event of its own, when it has been dealt with."""


@dataclass(frozen=True)
class Heard:
    """Something came from a host: what kind of thing, what it tells, the bytes behind it."""

    source: Source
    kind: str
    told: Mapping[str, Any]
    body: bytes = b""


Event: TypeAlias = "Exited | Closed | Printed | Signalled | Heard"
Events = SimpleQueue[Event]


@contextmanager
def arriving() -> Iterator[Events]:
    """Give the queue into which signals to us come for the block; only the main thread can receive them.

    What is ignored stays ignored, also in the processes: `nohup` means it.
    """
    events: Events = SimpleQueue()
    if threading.current_thread() is not threading.main_thread():
        yield events
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        events.put(Signalled(number))  # made for it: queue.SimpleQueue.put is reentrant

    numbers = [*HANDED_ON, *([STOP] if STOP else [])]
    previous = {one: signal.getsignal(one) for one in numbers}
    previous = {one: handler for one, handler in previous.items() if handler is not signal.SIG_IGN}
    for number in previous:
        signal.signal(number, handle)
    if sys.platform != "win32":
        # where SIGCHLD is ignored the kernel throws exit codes away
        previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield events
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
