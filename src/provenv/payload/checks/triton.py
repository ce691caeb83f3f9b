"""Does Triton compile and run a kernel? It needs the driver's library and a C compiler at run time."""

import prove_devices
import torch
from prove_results import Results

COUNT, BLOCK = 4000, 256
KERNEL = """
import triton
import triton.language as tl

@triton.jit
def add(x_pointer, y_pointer, z_pointer, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_pointer + offsets, mask=mask)
    y = tl.load(y_pointer + offsets, mask=mask)
    tl.store(z_pointer + offsets, x * 2 + y, mask=mask)

@triton.jit
def total(x_pointer, z_pointer, count, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    x = tl.load(x_pointer + offsets, mask=offsets < count, other=0.0)
    tl.store(z_pointer, tl.sum(x, axis=0))
"""


def run(options):
    import importlib.util
    import os

    import triton

    devices = [device for device in prove_devices.usable() if device.startswith(("cuda", "xpu"))]
    if not devices:
        return {"skipped": "no_gpu"}
    # Triton reads a kernel's source again, so it has to lie in a file of its own
    path = os.path.join(options["scratch"], "kernels.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(KERNEL)
    spec = importlib.util.spec_from_file_location("kernels", path)
    kernels = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kernels)
    os.environ["TRITON_CACHE_DIR"] = os.path.join(options["scratch"], "cache")
    results = Results()
    for device in devices:
        x = (torch.arange(COUNT, dtype=torch.float32) % 97 / 64).to(device)
        y = (torch.arange(COUNT, dtype=torch.float32) % 89 / 64).to(device)
        with results.attempt("add " + device):
            found = torch.empty_like(x)
            kernels.add[(triton.cdiv(COUNT, BLOCK),)](x, y, found, COUNT, BLOCK=BLOCK)
            results.equal("add " + device, torch.equal(found.cpu(), x.cpu() * 2 + y.cpu()), True)
        with results.attempt("sum " + device):
            found = torch.empty(1, device=device)
            kernels.total[(1,)](x, found, COUNT, BLOCK=4096)
            results.near("sum " + device, found.cpu().numpy(), [float(x.double().sum())], terms=COUNT)
    return {"results": results, "said": {"version": triton.__version__, "devices": ", ".join(devices)}}
