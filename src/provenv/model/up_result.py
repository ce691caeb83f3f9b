"""What `up` hands to the view; apart from the other results, since a no-op has nothing but this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .evidence import Evidence
    from .image import Image
    from .lock import Lock
    from .plan import Plan
    from .state import Generation


@dataclass(frozen=True)
class UpResult:
    """`up`: `unchanged` when there was nothing to do; else what was done and its proof.

    `image` is what an image target built, or has.
    """

    target: str
    unchanged: bool
    generation: Generation
    plan: Plan | None = None
    lock: Lock | None = None
    evidence: Evidence | None = None
    seconds: float = 0.0
    image: Image | None = None
