"""All of doctor's checks."""

from __future__ import annotations

from .inside import INSIDE
from .outside import OUTSIDE

TABLE = (*INSIDE, *OUTSIDE)
