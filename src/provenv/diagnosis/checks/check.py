"""What a check is: a pure function from what was looked at to findings, and what it cannot do without."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...model.findings import Area, Finding
from ..ground import Ground


@dataclass(frozen=True)
class Check:
    """One check; `needs` are fields of Ground that it cannot do without, `uses` those that add to it.

    `name` is a key of the catalogues behind `doctor.check.`; all its findings are of its `area`.
    """

    name: str
    area: Area
    look: Callable[[Ground], Iterable[Finding]]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
