"""Does a library's attention agree with the definition? flash-attn's and xFormers', forward and backward."""

import math

import prove_devices
import torch
from prove_results import Results

BATCH, LENGTH, HEADS, WIDTH = 2, 64, 4, 64


def flash_attn(query, key, value):
    from flash_attn import flash_attn_func

    return flash_attn_func(query, key, value, causal=True)


def xformers(query, key, value):
    from xformers.ops import LowerTriangularMask, memory_efficient_attention

    return memory_efficient_attention(query, key, value, attn_bias=LowerTriangularMask())


LIBRARIES = {"flash-attn": flash_attn, "xFormers": xformers}


def attention(query, key, value):
    """Compute it as it is defined; inputs are [batch][place][head][width]."""
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    scores = query @ key.transpose(2, 3) / math.sqrt(WIDTH)
    later = torch.ones(LENGTH, LENGTH, dtype=torch.bool, device=query.device).triu(1)
    return (scores.masked_fill(later, -math.inf).softmax(dim=3) @ value).transpose(1, 2)


def outcome(function, inputs):
    """Return the result, and the gradients of its sum, weighted."""
    inputs = [part.clone().requires_grad_() for part in inputs]
    result = function(*inputs)
    weights = torch.linspace(0.5, 1.5, result.numel(), dtype=result.dtype, device=result.device)
    gradients = torch.autograd.grad((result.reshape(-1) * weights).sum(), inputs)
    return [part.detach().double().cpu().numpy() for part in (result, *gradients)]


def run(options):
    devices = [device for device in prove_devices.usable() if device.startswith("cuda")]
    if not devices:
        return {"skipped": "no_gpu"}
    results, function = Results(), LIBRARIES[options["library"]]
    for device in devices:
        for dtype in ("float16", "bfloat16"):
            numbers = torch.Generator().manual_seed(8)
            shape = (BATCH, LENGTH, HEADS, WIDTH)
            inputs = [
                torch.randn(shape, generator=numbers).to(device, getattr(torch, dtype)) for _ in range(3)
            ]
            with results.attempt("%s %s" % (dtype, device)):
                exact = outcome(attention, [part.double() for part in inputs])
                found = outcome(function, inputs)
                for part, one, other in zip(("forward", "query", "key", "value"), found, exact):  # noqa: B905
                    # scores, weights and values are rounded one after the other, on the way back once more
                    name = "%s %s %s" % (part, dtype, device)
                    results.near(name, one, other, LENGTH, dtype, layers=2 if part == "forward" else 4)
    return {"results": results, "said": {"library": options["library"], "devices": ", ".join(devices)}}
