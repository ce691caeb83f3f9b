"""Does CuPy compute on each GPU what NumPy computes?"""

import numpy
from prove_results import Results


def run(options):
    import cupy

    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        if "NoDevice" in str(error) or "InsufficientDriver" in str(error):
            return {"skipped": "no_gpu"}
        raise
    results, numbers = Results(), numpy.random.RandomState(4)
    a, b = numbers.standard_normal((96, 64)), numbers.standard_normal((64, 80))
    size = float((abs(a) @ abs(b)).max())
    for index in range(count):
        with cupy.cuda.Device(index):
            for dtype in ("float64", "float32"):
                name = "matmul %s gpu %d" % (dtype, index)
                with results.attempt(name):
                    x, y = a.astype(dtype), b.astype(dtype)
                    exact = x.astype("float64") @ y.astype("float64")
                    found = cupy.asnumpy(cupy.asarray(x) @ cupy.asarray(y))
                    results.near(name, found, exact, terms=64, dtype=dtype, magnitude=size)
            with results.attempt("compiled gpu %d" % index):
                kernel = cupy.ElementwiseKernel("float64 x, float64 y", "float64 z", "z = x * y + 1", "fused")
                results.near("compiled gpu %d" % index, cupy.asnumpy(kernel(a, 2.0)), a * 2 + 1, 2, "float64")
            with results.attempt("sort gpu %d" % index):
                results.equal(
                    "sort gpu %d" % index,
                    cupy.asnumpy(cupy.sort(cupy.asarray(a.ravel()))).tolist(),
                    sorted(a.ravel()),
                )
    return {"results": results, "said": {"version": cupy.__version__, "gpus": count}}
