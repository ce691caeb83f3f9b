"""All of doctor's checks: a name, an area, what it cannot do without, and its function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...model.findings import Area, Finding
from ..ground import Ground
from . import shadowing


@dataclass(frozen=True)
class Check:
    """One check; `needs` are fields of Ground."""

    name: str
    area: Area
    needs: tuple[str, ...]
    look: Callable[[Ground], Iterable[Finding]]


TABLE: tuple[Check, ...] = (Check("shadowed modules", "project", ("folder",), shadowing.look),)
