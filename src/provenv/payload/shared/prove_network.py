"""A small network whose exact results are known, to compare ways of computing it.

    x <- tanh(x @ W + b), LAYERS times

The columns of |W| sum to at most 1 and |x| <= 1, so that each layer passes errors
on without growth (tanh is 1-Lipschitz) and adds at most gamma_n of its own
sums: all of them together stay below LAYERS gamma_(n + 8), absolutely.
"""

import math
import random

WIDTH, BATCH, LAYERS = 48, 16, 4
TERMS = WIDTH + 8


def parts():
    """Return the inputs, and for each layer weights and biases, as nested lists of exact float32 numbers."""
    numbers = random.Random(3)

    def draw(rows, columns, scale):
        return [[numbers.randrange(-64, 65) / 64 / scale for _ in range(columns)] for _ in range(rows)]

    inputs = draw(BATCH, WIDTH, 1)
    # 64 is the next power of two: the quotients stay exact
    layers = [(draw(WIDTH, WIDTH, 64), draw(1, WIDTH, 2)[0]) for _ in range(LAYERS)]
    return inputs, layers


def exact():
    """Return the results by exactly rounded sums of float64."""
    values, layers = parts()
    for weights, biases in layers:
        columns = list(zip(*weights))  # noqa: B905 - before Python 3.10
        values = [
            [
                math.tanh(math.fsum([x * w for x, w in zip(row, column)] + [bias]))  # noqa: B905
                for column, bias in zip(columns, biases)  # noqa: B905
            ]
            for row in values
        ]
    return values
