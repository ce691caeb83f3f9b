"""All that the page of one run tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .runs import Curve, Run

if TYPE_CHECKING:
    from .run_results import Observed


@dataclass(frozen=True)
class RunReport:
    """A run with everything that was recorded of it.

    `usage` are what its processes used, over the seconds since it began; `began` the second at which each
    attempt did. `python` and `packages` are those of its generation, empty and None where that is gone.
    `difference` is how the code differed from the commit, `log` the end of what `rank` of the last attempt
    printed; both may be cut.
    """

    run: Run
    seen: Observed
    usage: tuple[Curve, ...] = ()
    began: tuple[float, ...] = ()
    python: str = ""
    packages: int | None = None
    difference: str = ""
    log: str = ""
    rank: int = 0


@dataclass(frozen=True)
class RunCurves:
    """A run's metrics, to be drawn in the terminal; `height` is the rows of each drawing."""

    run: str
    name: str
    curves: tuple[Curve, ...]
    height: int = 12


@dataclass(frozen=True)
class PageWritten:
    """Where a page of a run, or of a comparison, was written."""

    path: str
    runs: tuple[str, ...]
    bytes: int = 0
