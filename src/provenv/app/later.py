"""Values that a thread asks for while there is other work to do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from ..errors import Failure

T = TypeVar("T")


class Later(Generic[T]):
    """A value that a thread asks for meanwhile. The asking changes nothing, so nobody has to end it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._found: list[T] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(Failure):
            self._found.append(self._work())

    def get(self) -> T:
        """Return the value. What went wrong in the thread goes wrong here again, where it can be raised."""
        self._thread.join()
        return self._found[0] if self._found else self._work()
