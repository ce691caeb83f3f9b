"""Which interpreter of this machine an environment is made with: one that the lock was made for."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.facts import Python


def interpreter(locked: str, pythons: Sequence[Python]) -> str:
    """Return the path of the first interpreter that is a `locked` (`3.11` is any 3.11.x).

    Where the machine has none it is `locked` itself, which uv then fetches.
    """
    for python in pythons:
        if python.implementation == "cpython" and f"{python.version}.".startswith(f"{locked}."):
            return python.path
    return locked
