"""Computations with their exact results, for every framework the same.

The reference is computed without any of them: exactly rounded sums (`math.fsum`)
of Python's float64. Inputs are small multiples of 1/64, which every type holds
exactly, so that one reference serves them all. Distances are scaled so that
they compare with the classic bound gamma_n (Higham, Accuracy and Stability of
Numerical Algorithms, 2nd ed., 3.1): for sums of products by the sum of their
magnitudes, elsewhere by the result.
"""
# ruff: noqa: B905 - `zip` knows no `strict` before Python 3.10

import collections
import math
import random

ROWS, INNER, COLUMNS, LARGE = 48, 96, 40, 256
TYPES = ("float64", "float32", "bfloat16", "float16")

# `terms`: of the longest sum; `compared`: what is compared of the result
Case = collections.namedtuple("Case", "name terms inputs compared reference magnitude")


def cases():
    """Yield the computations.

    `matmul`, `matmul.large` of two matrices; `conv2d` of images [1][3][12][12] with kernels [4][3][3][3]
    (no padding, result [4][10][10]); `softmax`, `sum`, `max`, `sort` along the rows of a matrix;
    `reversed`: its columns backwards. The large product is compared by what it
    does to a vector (Freivalds, 1977), so that its reference costs no large product.
    """
    numbers = random.Random(20)
    a, b = draw(numbers, ROWS, INNER), draw(numbers, INNER, COLUMNS)
    image, kernels = draw(numbers, 3, 12, 12), draw(numbers, 4, 3, 3, 3)
    large_a, large_b = draw(numbers, LARGE, LARGE), draw(numbers, LARGE, LARGE)
    signs = [numbers.choice((-1.0, 1.0)) for _ in range(LARGE)]
    ones = [[1.0] * INNER for _ in range(ROWS)]

    yield Case("matmul", INNER, [a, b], same, *matrix_product(a, b))
    magnitudes = [sum(map(abs, row)) for row in large_b]
    sizes = times([list(map(abs, row)) for row in large_a], magnitudes)
    reference = times(large_a, times(large_b, signs))
    yield Case("matmul.large", LARGE, [large_a, large_b], lambda c: times(c, signs), reference, sizes)
    yield Case("conv2d", 27, [[image], kernels], same, *convolution(image, kernels))
    smooth = softmax(a)
    # each power is rounded a few times, then the sum, then the quotient
    yield Case("softmax", INNER + 8, [a], same, smooth, smooth)
    sums, sum_sizes = [math.fsum(row) for row in a], [math.fsum(map(abs, row)) for row in a]
    yield Case("sum", INNER, [a], same, sums, sum_sizes)
    yield Case("max", 0, [a], same, [max(row) for row in a], [1.0] * ROWS)
    yield Case("sort", 0, [a], same, [sorted(row) for row in a], ones)
    yield Case("reversed", 0, [a], same, [row[::-1] for row in a], ones)


def compare(compute, devices, types=TYPES):
    """Return an entry for each case, device and type: its distance, or the error.

    `compute(name, inputs, device, dtype)` gives nested lists of floats, None for a case that it doesn't have.
    """
    results = []
    for case in cases():
        for device in devices:
            for dtype in types:
                entry = {"device": device, "dtype": dtype, "operation": case.name, "terms": case.terms}
                try:
                    found = compute(case.name, case.inputs, device, dtype)
                    if found is None:
                        continue
                    entry["distance"] = scaled(case.compared(found), case.reference, case.magnitude)
                except Exception as error:  # each device has its own kinds
                    entry["error"] = ("%s: %s" % (type(error).__name__, error))[:500]
                results.append(entry)
    return results


def same(found):
    return found


def flat(values):
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def scaled(found, reference, magnitude):
    """Return the largest distance, each scaled by its magnitude; infinity where a number is none or lacks."""
    worst, numbers = 0.0, list(flat(found))
    expected = list(flat(reference))
    if len(numbers) != len(expected):
        return math.inf
    for x, y, scale in zip(numbers, expected, flat(magnitude)):
        if not math.isfinite(x):
            return math.inf
        worst = max(worst, abs(x - y) / scale if scale else abs(x - y))
    return worst


def matrix_product(a, b):
    columns = list(zip(*b))
    exact = [[math.fsum(x * y for x, y in zip(row, column)) for column in columns] for row in a]
    size = [[math.fsum(abs(x * y) for x, y in zip(row, column)) for column in columns] for row in a]
    return exact, size


def convolution(image, kernels):
    """Return the valid cross-correlation of one image [channel][y][x] with kernels [out][channel][y][x]."""
    height, width, reach = len(image[0]), len(image[0][0]), len(kernels[0][0])
    exact, size = [], []
    for kernel in kernels:
        exact.append([])
        size.append([])
        for y in range(height - reach + 1):
            terms = [
                [
                    kernel[c][i][j] * image[c][y + i][x + j]
                    for c in range(len(image))
                    for i in range(reach)
                    for j in range(reach)
                ]
                for x in range(width - reach + 1)
            ]
            exact[-1].append([math.fsum(term) for term in terms])
            size[-1].append([math.fsum(map(abs, term)) for term in terms])
    return exact, size


def softmax(rows):
    result = []
    for row in rows:
        powers = [math.exp(x - max(row)) for x in row]
        total = math.fsum(powers)
        result.append([power / total for power in powers])
    return result


def draw(numbers, *shape):
    """Return nested lists of multiples of 1/64 in [-1, 1]."""
    if not shape:
        return numbers.randrange(-64, 65) / 64
    return [draw(numbers, *shape[1:]) for _ in range(shape[0])]


def times(matrix, vector):
    return [math.fsum(x * y for x, y in zip(row, vector)) for row in matrix]
