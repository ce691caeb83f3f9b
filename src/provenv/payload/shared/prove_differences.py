"""Gradients against central differences in float64, for every framework the same."""
# ruff: noqa: B905 - `zip` knows no `strict` before Python 3.10

import numpy

STEP = 6e-6  # about the cube root of float64's unit roundoff: truncation and rounding weigh the same there


def inputs(*shapes):
    """Return float64 arrays of normal numbers, the same each time."""
    numbers = numpy.random.RandomState(7)
    return [numbers.standard_normal(shape) for shape in shapes]


def compare(cases, prepare):
    """Return an entry for each of `{name: (function, arrays)}`: its distance, or the error.

    `prepare(function)` gives two functions of the arrays: the value, a number,
    and the gradients, an array for each input.
    """
    results = []
    for name, (function, arrays) in cases.items():
        entry = {"operation": name}
        try:
            entry["distance"] = distance(*prepare(function), arrays)
        except Exception as error:  # the words are the evidence
            entry["error"] = ("%s: %s" % (type(error).__name__, error))[:500]
        results.append(entry)
    return results


def distance(value, gradients, arrays):
    """Return the largest |gradient - difference| / max(1, |difference|) over all inputs' elements."""
    worst = 0.0
    found = [numpy.asarray(gradient, dtype="float64") for gradient in gradients(*arrays)]
    for position, (array, gradient) in enumerate(zip(arrays, found)):
        for index in numpy.ndindex(array.shape):
            sides = []
            for step in (STEP, -STEP):
                moved = array.copy()
                moved[index] += step
                sides.append(float(value(*arrays[:position], moved, *arrays[position + 1 :])))
            expected = (sides[0] - sides[1]) / (2 * STEP)
            gap = abs(float(gradient[index]) - expected) / max(1.0, abs(expected))
            worst = max(worst, gap if gap == gap else float("inf"))
    return worst
