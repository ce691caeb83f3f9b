"""What would make the figures of a regression worthless: shared patients, progressions moved by rows."""

from __future__ import annotations

import math

import numpy as np

from provenv_runtime.evaluation import Check, checks

from .data import Parts, levels
from .record import Record

FARTHEST = 5
"""By how many rows progressions are moved to see whether they fit better there."""
CLEAR = 4.0
"""Standard deviations by which they have to: ten tries of a model that knows nothing do in one of 3,000."""


def looked_at(record: Record, parts: Parts, told: np.ndarray) -> list[Check]:
    """Return what was looked at before the figures, each with what was seen."""
    keys = {"train": record.learned_from, "validation": parts.validation.keys, "test": parts.test.keys}
    known = parts.train.progression
    shares = {name: levels(part.progression, known) for name, part in parts.named.items()}
    return [*checks(keys=keys, labels=shares), moved(parts.test.progression, told)]


def moved(truth: np.ndarray, told: np.ndarray) -> Check:
    """Tell whether progressions fit what was told of other rows better than of their own.

    Two correlations are compared by R. A. Fisher's z (1921), as if independent.
    """
    own = _z(truth, told)
    others = {by: _z(np.roll(truth, -by), told) for by in range(-FARTHEST, FARTHEST + 1) if by}
    by, best = max(others.items(), key=lambda one: one[1])
    if (best - own) * math.sqrt((len(truth) - 3) / 2) < CLEAR:
        return Check("progressions", True, "progressions fit their own rows best")
    rows = f"{abs(by)} row{'s' if abs(by) > 1 else ''} {'down' if by > 0 else 'up'}"
    said = f"the progressions don't fit: moved by {rows}, the model would be right far more often"
    return Check("progressions", False, said)


def _z(truth: np.ndarray, told: np.ndarray) -> float:
    """Return Fisher's z of the correlation; 0 where one of the two never changes."""
    if len(truth) < 4 or not truth.std() or not told.std():
        return 0.0
    return math.atanh(min(0.999, max(-0.999, float(np.corrcoef(truth, told)[0, 1]))))
