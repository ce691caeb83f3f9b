"""What checks of the outside share: the targets, how grave it is, how remedies are written."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ...errors import Text
from ...model.diagnosis import Advice
from ...model.findings import Gravity
from ...model.spec import Target
from ..ground import Ground


def targets(ground: Ground, *kinds: str) -> tuple[Target, ...]:
    """Return the declared targets of these kinds."""
    if ground.spec is None:
        return ()
    return tuple(one for one in ground.spec.targets.values() if one.kind in kinds)


def building(ground: Ground) -> Gravity:
    """Return how grave it is that nothing can be fetched: what is built already works without."""
    return "blocks" if ground.generation is None else "hurts"


def advice(text: Text | None, *commands: str, root: bool = False) -> Advice:
    """Return a remedy; commands of root as a user types them."""
    return Advice(text, tuple(f"sudo {one}" for one in commands) if root else commands, root)


def joined(names: Iterable[str], most: int = 4) -> str:
    """Return the first few names, with what is left out shown by dots."""
    listed = list(names)
    return ", ".join([*listed[:most], *(["..."] if len(listed) > most else [])])


def day(seconds: float) -> str:
    """Return a time as `2026-11-22 11:30 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
