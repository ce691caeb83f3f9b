"""Digests of pieces of memory and of files, in a few threads: hashlib lets go of the interpreter's lock."""

from __future__ import annotations

import errno
import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

Result = TypeVar("Result")

ALGORITHM = "sha256"
THREADS = 4
SMALL = 1 << 18
"""Bytes of a piece that is digested sooner than it is handed to a thread."""
CHUNK = 1 << 20
"""Bytes that are read at once: they are still in the processor's cache when they are digested."""


class Workers:
    """A few threads for one save or one reading; `ahead` pieces at most wait, for each is memory."""

    def __init__(self, pool: ThreadPoolExecutor, ahead: int) -> None:
        self._pool = pool
        self._ahead = ahead
        self._open: deque[Callable[[], Any]] = deque()

    def begin(self, size: int, act: Callable[..., Result], *arguments: Any) -> Callable[[], Result]:
        """Begin `act`, which deals with so many bytes; return what waits for it and gives what it returned.

        A small piece, or where no thread can be started (a limit; the interpreter ends), is done at once.
        """
        if size >= SMALL:
            while len(self._open) >= self._ahead:
                _settled(self._open.popleft())
            try:
                waited: Callable[[], Result] = self._pool.submit(act, *arguments).result
            except RuntimeError:
                pass
            else:
                self._open.append(waited)
                return waited
        found = act(*arguments)
        return lambda: found


def _settled(wait: Callable[[], Any]) -> None:
    """Wait for a piece; what it raises is raised where it is asked for."""
    with suppress(Exception):  # the same future raises it again there
        wait()


@contextmanager
def workers() -> Iterator[Workers]:
    """Return as many threads as there are cores for this process, four at most, until the block is left."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    count = min(THREADS, cores)
    with ThreadPoolExecutor(count, "checkpoint") as pool:
        yield Workers(pool, 2 * count)


def digest(*contents: bytes | bytearray | memoryview) -> str:
    """Return the digest of these bytes, one after the other, in hexadecimal."""
    state = hashlib.new(ALGORITHM)
    for content in contents:
        state.update(content)
    return state.hexdigest()


def digest_of_file(descriptor: int, at: int, size: int) -> str:
    """Return the digest of a part of a file. Raises OSError."""
    state = hashlib.new(ALGORITHM)
    memory = memoryview(bytearray(min(size, CHUNK)))
    while size:
        part = memory[: min(size, CHUNK)]
        fill(descriptor, part, at)
        state.update(part)
        at, size = at + len(part), size - len(part)
    return state.hexdigest()


def read_with_digest(descriptor: int, at: int, size: int) -> tuple[bytearray, str]:
    """Return a part of a file and its digest. Raises OSError."""
    content = bytearray(size)
    fill(descriptor, memoryview(content), at)
    return content, digest(content)


def fill(descriptor: int, memory: memoryview, at: int) -> None:
    """Fill memory from a place of a file. Raises OSError."""
    while memory:
        read = os.preadv(descriptor, [memory], at)
        if not read:
            raise OSError(errno.EIO, "the file ends too early")
        memory, at = memory[read:], at + read
