"""Lists of devices that a program is to see, as ROCm's, CANN's and libtpu's variables give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from .raw import whole

Item = TypeVar("Item")


def chosen(every: Sequence[Item], variable: str) -> tuple[Item, ...]:
    """Return the devices that a list such as `0,2` or `0-3` names; the first that is none ends it.

    An empty list hides all. UUIDs (`GPU-1a2b...`) are not resolved: they leave all, which errs on the
    side of telling too much.
    """
    if any(word.strip().upper().startswith("GPU-") for word in variable.split(",")):
        return tuple(every)
    found: list[int] = []
    for word in variable.split(","):
        first, dash, last = word.strip().partition("-")
        low = whole(first)
        high = whole(last) if dash else low
        if low is None or high is None or low > high or low >= len(every):
            break
        found += range(low, min(high + 1, len(every)))
    return tuple(every[index] for index in dict.fromkeys(found))
