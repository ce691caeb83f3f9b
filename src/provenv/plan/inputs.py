"""Which of a generation's inputs are not what they were, by their keys; words for them are `stale`'s."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HELPING = "pip."
"""Keys that begin so only spare the reading of pip's configuration: what they say is decided by `pip`."""


def moved(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the keys whose digests differ, in order; one that is missing is as one that is empty."""
    return [
        key
        for key in sorted(then.keys() | now.keys())
        if then.get(key, "") != now.get(key, "") and not key.startswith(HELPING)
    ]
