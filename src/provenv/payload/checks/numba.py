"""Does Numba compile for this processor, in parallel, and for the GPU where there is one?"""

import math

import numba
import numpy
from prove_results import Results

COUNT = 4096


@numba.njit
def looped(values):
    total = 0.0
    for value in values:
        total += math.sin(value) * value
    return total


@numba.njit(parallel=True)
def shared(values):
    found = numpy.empty_like(values)
    for index in numba.prange(len(values)):
        found[index] = math.sin(values[index]) * values[index]
    return found


@numba.vectorize(["float64(float64, float64)", "int64(int64, int64)"])
def larger(a, b):
    return a if a > b else b


def on_gpu(results, values, expected):
    from numba import cuda

    if not cuda.is_available():
        return "cpu"

    @cuda.jit
    def kernel(given, found):
        index = cuda.grid(1)
        if index < given.size:
            found[index] = math.sin(given[index]) * given[index]

    with results.attempt("cuda"):
        found = cuda.device_array_like(cuda.to_device(values))
        kernel[(COUNT + 127) // 128, 128](cuda.to_device(values), found)
        # CUDA's sine of float64 is within 2 units in the last place (CUDA C++ Programming Guide)
        results.near("cuda", found.copy_to_host(), expected, terms=6, dtype="float64")
    return "cuda"


def run(options):
    results, values = Results(), numpy.linspace(-3, 3, COUNT)
    terms = [math.sin(value) * value for value in values.tolist()]
    with results.attempt("loop"):
        results.near("loop", [looped(values)], [math.fsum(terms)], terms=COUNT, dtype="float64")
    with results.attempt("parallel"):
        results.near("parallel", shared(values), terms, terms=6, dtype="float64")
    with results.attempt("vectorize"):
        a, b = numpy.arange(12), numpy.arange(12)[::-1]
        results.equal("vectorize", larger(a, b).tolist(), numpy.maximum(a, b).tolist())
    device = on_gpu(results, values, terms)
    return {"results": results, "said": {"version": numba.__version__, "device": device}}
