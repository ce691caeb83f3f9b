"""What one command reads of a project once, for several that need it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


class Shared:
    """Values by name, each made by the first who asks; the others wait for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._values: dict[str, object] = {}

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return the value of that name; what `make` raises reaches whoever asked."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._values:
                self._values[name] = make()
            return cast("T", self._values[name])
