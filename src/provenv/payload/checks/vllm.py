"""Do vLLM's compiled kernels work with this torch and GPU? They are built for one version of torch alone."""

import prove_devices
import torch
from prove_results import Results

ROWS, WIDTH, EPSILON = 16, 128, 1e-6


def run(options):
    devices = [device for device in prove_devices.usable() if device.startswith("cuda")]
    if not devices:
        return {"skipped": "no_gpu"}
    import vllm
    from vllm import _custom_ops

    results, numbers = Results(), torch.Generator().manual_seed(8)
    inputs, weights = torch.randn(ROWS, WIDTH, generator=numbers), torch.rand(WIDTH, generator=numbers) + 0.5
    doubled = inputs.double()
    normed = doubled / (doubled.square().mean(dim=1, keepdim=True) + EPSILON).sqrt() * weights.double()
    for device in devices:
        torch.cuda.set_device(device)
        x, w = inputs.to(device), weights.to(device)
        with results.attempt("rms_norm " + device):
            found = torch.empty_like(x)
            _custom_ops.rms_norm(found, x, w, EPSILON)
            results.near("rms_norm " + device, found.cpu().numpy(), normed.numpy(), terms=WIDTH)
        with results.attempt("silu_and_mul " + device):
            half, found = WIDTH // 2, torch.empty(ROWS, WIDTH // 2, device=device)
            torch.ops._C.silu_and_mul(found, x)
            exact = torch.nn.functional.silu(doubled[:, :half]) * doubled[:, half:]
            results.near("silu_and_mul " + device, found.cpu().numpy(), exact.numpy(), terms=8)
    return {"results": results, "said": {"version": vllm.__version__, "devices": ", ".join(devices)}}
