"""The proof: which checks fit what is installed, how they are sent, and what their raw results mean."""

from __future__ import annotations

from .evidence import evidence
from .hindered import finds_fault
from .judging import judge
from .selection import NAMES, applicable, quick
from .sending import run
from .side_by_side import at_once
from .together import together

__all__ = ["NAMES", "applicable", "at_once", "evidence", "finds_fault", "judge", "quick", "run", "together"]
