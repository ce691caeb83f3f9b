"""The same on every host, side by side: one that fails is told, the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar, runtime_checkable

from ...errors import Failure
from ...model.channel import Host
from ...model.fleet import HostResult
from ..choices import AT_ONCE as AT_ONCE  # noqa: PLC0414 - others know it from here

T = TypeVar("T")


@runtime_checkable
class Closing(Protocol):
    """A host whose connection has to be closed, which ends what runs by it."""

    def close(self) -> None:
        """Close the connection; it may be closed already."""


POLL = 0.2
"""Seconds of one wait: Windows delivers Ctrl-C only between two waits."""


def on_each(
    hosts: Sequence[tuple[str, Host]],
    act: Callable[[str, Host], T],
    *,
    at_once: int = AT_ONCE,
    progress: Callable[[HostResult[T]], None] | None = None,
) -> tuple[HostResult[T], ...]:
    """Do `act` on every host and return what each answered, in the order of `hosts`.

    A Failure of one host becomes its problem (the first of it). `progress` hears of each as it ends, in the
    caller's thread. Ctrl-C, or an exception that is no Failure, ends what runs on all of them first: a host
    that can `close` is closed.
    """
    told: SimpleQueue[tuple[int, Future[HostResult[T]]]] = SimpleQueue()
    found: dict[int, HostResult[T]] = {}
    pool = ThreadPoolExecutor(max(1, min(at_once, len(hosts))), thread_name_prefix="host")
    futures: list[Future[HostResult[T]]] = []
    try:
        for number, (name, host) in enumerate(hosts):
            future = pool.submit(_result, name, host, act)
            futures.append(future)
            future.add_done_callback(partial(_put, told, number))
        while len(found) < len(hosts):
            try:
                number, future = told.get(timeout=POLL)
            except Empty:
                continue
            found[number] = future.result()
            if progress is not None:
                progress(found[number])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        while not all(future.done() for future in futures):
            # again and again: what was about to begin a moment ago runs by now
            for (_, host), future in zip(hosts, futures, strict=False):
                if future.running():
                    close(host)
            time.sleep(POLL / 4)
    return tuple(found[number] for number in range(len(hosts)))


def _put(
    told: SimpleQueue[tuple[int, Future[HostResult[T]]]], number: int, future: Future[HostResult[T]]
) -> None:
    told.put((number, future))


def _result(name: str, host: Host, act: Callable[[str, Host], T]) -> HostResult[T]:
    began = time.monotonic()
    try:
        value = act(name, host)
    except Failure as failure:
        return HostResult(name, None, failure.problems[0], time.monotonic() - began)
    return HostResult(name, value, None, time.monotonic() - began)


def close(host: Host) -> None:
    """Close a host that is one to be closed (this machine is none)."""
    if isinstance(host, Closing):
        host.close()
