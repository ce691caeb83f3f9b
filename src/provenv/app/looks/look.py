"""What a look is: a function with effects that fills fields of Ground, within a time of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...diagnosis.ground import Ground
from ..project import Project


@dataclass(frozen=True)
class Look:
    """One look. It returns a Ground of which `brings` is taken; `limit` is in seconds.

    `name` is a key of the catalogues behind `doctor.look.`.
    """

    name: str
    brings: tuple[str, ...]
    look: Callable[[Project], Ground]
    limit: float = 5.0
