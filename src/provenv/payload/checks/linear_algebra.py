"""How far is numpy's linear algebra from its identities, and its products from a reference without numpy?

Residuals are scaled by n and the type's unit roundoff u, as LAPACK's own tests
do (LAPACK Working Note 41): a small number is right, whatever the size.
"""
# ruff: noqa: B905 - `zip` knows no `strict` before Python 3.10

import math
import random

import numpy

N = 64


def norm(matrix):
    return float(numpy.linalg.norm(matrix, 1)) if matrix.ndim == 2 else float(numpy.abs(matrix).max())


def residuals(dtype):
    """Return {name: residual / (n u)}."""
    unit = float(numpy.finfo(dtype).eps) / 2
    draw = random.Random(3)
    rows = [[draw.uniform(-1, 1) for _ in range(N)] for _ in range(N)]
    a = numpy.array(rows, dtype=dtype)
    b = numpy.array([[draw.uniform(-1, 1)] for _ in range(N)], dtype=dtype)
    wide = a.astype("float64")
    found = {}

    def note(name, residual, scale):
        value = float(residual) / (float(scale) * N * unit)
        found[name] = value if math.isfinite(value) else None

    product = (a @ a).astype("float64").tolist()
    exact_rows = wide.tolist()
    columns = list(zip(*exact_rows))
    reference = [[math.fsum(x * y for x, y in zip(row, column)) for column in columns] for row in exact_rows]
    gap = max(abs(x - y) for p, q in zip(product, reference) for x, y in zip(p, q))
    note("matmul", gap, norm(wide) * norm(wide))
    x = numpy.linalg.solve(a, b).astype("float64")
    note("solve", norm(wide @ x - b), norm(wide) * norm(x))
    q, r = (part.astype("float64") for part in numpy.linalg.qr(a))
    note("qr", norm(q @ r - wide), norm(wide))
    note("qr.orthogonal", norm(q.T @ q - numpy.eye(N)), 1)
    u, s, v = (part.astype("float64") for part in numpy.linalg.svd(a))
    note("svd", norm((u * s) @ v - wide), norm(wide))
    symmetric = a + a.T
    values, vectors = (part.astype("float64") for part in numpy.linalg.eigh(symmetric))
    note("eigh", norm(symmetric @ vectors - vectors * values), norm(symmetric.astype("float64")))
    factor = numpy.linalg.cholesky(a @ a.T + N * numpy.eye(N, dtype=dtype)).astype("float64")
    positive = wide @ wide.T + N * numpy.eye(N)
    note("cholesky", norm(factor @ factor.T - positive), norm(positive))
    inverse = numpy.linalg.inv(a).astype("float64")
    note("inv", norm(inverse @ wide - numpy.eye(N)), norm(wide) * norm(inverse))
    signal = wide[0]
    spectrum = numpy.fft.fft(signal)
    note("fft", abs(float((abs(spectrum) ** 2).sum()) / N - math.fsum(x * x for x in signal.tolist())), N)
    return found


def run(options):
    return {
        "results": {dtype: residuals(dtype) for dtype in ("float64", "float32")},
        "numpy": numpy.__version__,
    }
