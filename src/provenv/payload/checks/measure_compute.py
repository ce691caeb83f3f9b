"""How many operations a second do matrix products reach here, per type? The best of some runs counts."""

import time

BUDGET = 0.45


def rate(multiply, size, wait):
    """Return GFLOP/s of the best product of two size x size matrices: 2 n^3 operations each."""
    multiply()
    wait()
    best, begun, runs = float("inf"), time.perf_counter(), 0
    while runs < 2 or time.perf_counter() - begun < BUDGET:
        start = time.perf_counter()
        multiply()
        wait()
        best = min(best, time.perf_counter() - start)
        runs += 1
    return 2 * size**3 / best / 1e9


def with_torch(torch):
    found = []
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices += ["cuda:%d" % index for index in range(torch.cuda.device_count())]
    for device in devices:
        for dtype in ("float64", "float32", "bfloat16"):
            size = 768 if device == "cpu" else 4096
            a = torch.rand(size, size).to(device=device, dtype=getattr(torch, dtype))
            wait = torch.cuda.synchronize if device != "cpu" else (lambda: None)
            found.append([device, dtype, rate(lambda a=a: a @ a, size, wait)])
    return found


def with_numpy(numpy):
    found = []
    for dtype in ("float64", "float32"):
        a = numpy.random.default_rng(0).random((768, 768)).astype(dtype)
        found.append(["cpu", dtype, rate(lambda a=a: a @ a, 768, lambda: None)])
    return found


def run(options):
    if options["library"] == "torch":
        import torch

        return {"rates": with_torch(torch), "threads": torch.get_num_threads()}
    import numpy

    return {"rates": with_numpy(numpy)}
