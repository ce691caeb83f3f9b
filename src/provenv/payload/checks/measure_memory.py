"""How fast is memory copied here? Bytes read and bytes written both count, as in the STREAM benchmark."""

import time

SIZE = 192 * 1024 * 1024  # far beyond any cache
BUDGET = 0.5


def best(copy, wait=lambda: None):
    """Return the seconds of the best run."""
    copy()
    wait()
    found, begun, runs = float("inf"), time.perf_counter(), 0
    while runs < 2 or time.perf_counter() - begun < BUDGET:
        start = time.perf_counter()
        copy()
        wait()
        found = min(found, time.perf_counter() - start)
        runs += 1
    return found


def run(options):
    found = []
    if options["library"] == "torch":
        import torch

        devices = ["cpu"]
        if torch.cuda.is_available():
            devices += ["cuda:%d" % index for index in range(torch.cuda.device_count())]
        for device in devices:
            source = torch.ones(SIZE // 4, device=device)
            target = torch.empty_like(source)
            wait = torch.cuda.synchronize if device != "cpu" else (lambda: None)
            seconds = best(lambda source=source, target=target: target.copy_(source), wait)
            found.append([device, 2 * SIZE / seconds / 1e9])
    else:
        import numpy

        source = numpy.ones(SIZE // 8)
        target = numpy.empty_like(source)
        found.append(["cpu", 2 * SIZE / best(lambda: numpy.copyto(target, source)) / 1e9])
    return {"rates": found}
