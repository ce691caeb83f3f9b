"""The proof: which checks fit what is installed, how they are sent, and what their raw results mean."""

from __future__ import annotations

from .evidence import evidence
from .judging import judge
from .selection import NAMES, applicable
from .sending import run

__all__ = ["NAMES", "applicable", "evidence", "judge", "run"]
