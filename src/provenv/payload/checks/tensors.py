"""How far are torch's results from a reference, per device, type and operation?

The reference is computed without torch: exactly rounded sums (`math.fsum`) of
Python's float64. Inputs are small multiples of 1/64, which every type holds
exactly, so that one reference serves them all. Distances are scaled so that
they compare with the classic bound gamma_n (Higham, Accuracy and Stability of
Numerical Algorithms, 2nd ed., 3.1): for sums of products by the sum of their
magnitudes, elsewhere by the result.
"""
# ruff: noqa: B905 - `zip` knows no `strict` before Python 3.10

import math
import random

import torch

ROWS, INNER, COLUMNS, LARGE = 48, 96, 40, 256


def devices():
    found = ["cpu"]
    if torch.cuda.is_available():
        found += ["cuda:%d" % index for index in range(torch.cuda.device_count())]
    if hasattr(torch.backends, "mps") and torch.backends.mps.is_available():
        found.append("mps")
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found += ["xpu:%d" % index for index in range(torch.xpu.device_count())]
    return found


def flat(values):
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def scaled(found, reference, magnitude):
    """Return the largest distance, each scaled by its magnitude; infinity where a number is none."""
    worst = 0.0
    for x, y, scale in zip(flat(found), flat(reference), flat(magnitude)):
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


def operations():
    """Yield (name, terms of the longest sum, computation, what is compared of it, reference, magnitudes).

    The large product is compared by what it does to a vector (Freivalds, 1977),
    so that its reference costs no large product.
    """
    numbers = random.Random(20)
    a, b = draw(numbers, ROWS, INNER), draw(numbers, INNER, COLUMNS)
    image, kernels = draw(numbers, 3, 12, 12), draw(numbers, 4, 3, 3, 3)
    large_a, large_b = draw(numbers, LARGE, LARGE), draw(numbers, LARGE, LARGE)
    signs = [numbers.choice((-1.0, 1.0)) for _ in range(LARGE)]
    ones = [[1.0] * INNER for _ in range(ROWS)]

    def same(found):
        return found

    yield ("matmul", INNER, lambda t: t(a) @ t(b), same, *matrix_product(a, b))
    magnitudes = [sum(map(abs, row)) for row in large_b]
    sizes = times([list(map(abs, row)) for row in large_a], magnitudes)
    reference = times(large_a, times(large_b, signs))
    yield (
        "matmul.large",
        LARGE,
        lambda t: t(large_a) @ t(large_b),
        lambda c: times(c, signs),
        reference,
        sizes,
    )
    convolve = torch.nn.functional.conv2d
    yield ("conv2d", 27, lambda t: convolve(t([image]), t(kernels))[0], same, *convolution(image, kernels))
    smooth = softmax(a)
    # each power is rounded a few times, then the sum, then the quotient
    yield ("softmax", INNER + 8, lambda t: torch.softmax(t(a), dim=1), same, smooth, smooth)
    sums, sum_sizes = [math.fsum(row) for row in a], [math.fsum(map(abs, row)) for row in a]
    yield ("sum", INNER, lambda t: t(a).sum(dim=1), same, sums, sum_sizes)
    yield ("max", 0, lambda t: t(a).amax(dim=1), same, [max(row) for row in a], [1.0] * ROWS)
    yield ("sort", 0, lambda t: t(a).sort(dim=1).values, same, [sorted(row) for row in a], ones)
    backwards = list(range(INNER))[::-1]
    yield ("index", 0, lambda t: t(a)[:, backwards], same, [row[::-1] for row in a], ones)


def attempt(compute, compared, reference, magnitude, device, dtype):
    """Return the distance of one computation, or the error."""

    def tensor(values):
        return torch.tensor(values, dtype=getattr(torch, dtype), device=device)

    try:
        found = compute(tensor).cpu().double().tolist()
        return {"distance": scaled(compared(found), reference, magnitude)}
    except Exception as error:  # every device has its own kinds of error; the words are the evidence
        return {"error": "%s: %s" % (type(error).__name__, error)}


def run(options):
    # the exact types are the ones to be compared here; TF32 would round float32 to 11 bits
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    results = []
    places = devices()
    for name, terms, *work in operations():
        for device in places:
            for dtype in ("float64", "float32", "bfloat16", "float16"):
                if device == "mps" and dtype == "float64":
                    continue  # Apple's GPUs have no float64
                entry = {"device": device, "dtype": dtype, "operation": name, "terms": terms}
                results.append(dict(entry, **attempt(*work, device, dtype)))
    return {"results": results}
