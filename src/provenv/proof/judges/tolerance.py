"""How far a result may be from the exact one: the bounds that all judges of numbers share."""

from __future__ import annotations

import math

# unit roundoff: half the distance from 1 to the next number of the type (IEEE 754; bfloat16 has 8 bits)
UNIT = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
SHORT = ("float16", "bfloat16")
# how libraries say that they have no kernel for a type
NO_KERNEL = ("not implemented", "No OpKernel", "Could not find device for node", "not supported", "NOT_FOUND")


def tolerance(dtype: str, terms: int) -> float:
    """Return how far a result of `terms` summands may be from the exact one, by their magnitudes.

    gamma_n = n u / (1 - n u) bounds every order of summation (Higham, Accuracy
    and Stability of Numerical Algorithms, 2nd ed., 3.1). The 16-bit types are
    summed in float32 and rounded at the end, some kernels also in between: 4 u.
    No summands: nothing is rounded, the result is exact.
    """
    if terms == 0:
        return 0.0
    short = dtype in SHORT
    grown = (terms + 2) * UNIT["float32" if short else dtype]
    return grown / (1 - grown) + (4 * UNIT[dtype] if short else 0.0)


def gap(dtype: str, error: str) -> bool:
    """Tell whether an error only says that there is no kernel for a 16-bit type: a gap, not a fault."""
    return dtype in SHORT and any(words in error for words in NO_KERNEL)


def ratio(distance: float, allowed: float) -> float:
    """Return how much of what is allowed a distance takes up."""
    if not math.isfinite(distance):
        return math.inf
    return distance / allowed if allowed else distance * 1e300


def finite(distance: float) -> float | None:
    """Return the distance, None where it is no number that a receipt could hold."""
    return distance if math.isfinite(distance) else None
