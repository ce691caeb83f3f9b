"""Does bitsandbytes quantize and multiply within what its types allow? On the CPU and a GPU."""

import bitsandbytes
import bitsandbytes.functional
import prove_devices
import torch
from prove_results import Results

# half of the widest gap between the 16 values of NF4 is 0.152 of a block's largest number (Dettmers et al.,
# QLoRA, 2023, appendix E); its 256 values of the dynamic 8-bit map are at most 0.0142 apart (half: 0.0071)
FOUR, EIGHT = 0.153, 0.0072


def run(options):
    functional, results = bitsandbytes.functional, Results()
    values = torch.randn(64, 128, generator=torch.Generator().manual_seed(5))
    devices = ["cpu", *prove_devices.usable()[:1]]
    for device in devices:
        moved = values.to(device)
        with results.attempt("8 bits " + device):
            packed, state = functional.quantize_blockwise(moved, blocksize=256)
            again = functional.dequantize_blockwise(packed, state).cpu()
            results.equal("8 bits " + device, inside(again, values, 256, EIGHT), True)
        with results.attempt("4 bits " + device):
            packed, state = functional.quantize_4bit(moved, blocksize=64, quant_type="nf4")
            again = functional.dequantize_4bit(packed, state).cpu()
            results.equal("4 bits " + device, inside(again, values, 64, FOUR), True)
        with results.attempt("linear " + device):
            layer = bitsandbytes.nn.Linear4bit(
                128, 64, bias=False, compute_dtype=torch.float32, quant_type="nf4"
            )
            layer.weight = bitsandbytes.nn.Params4bit(values.clone(), requires_grad=False, quant_type="nf4")
            layer = layer.to(device)
            inputs = torch.randn(8, 128, generator=torch.Generator().manual_seed(6)).to(device)
            weights = functional.dequantize_4bit(layer.weight.data, layer.weight.quant_state).double().cpu()
            exact = inputs.double().cpu() @ weights.T
            size = float((inputs.double().cpu().abs() @ weights.abs().T).max())
            # its kernels may compute in half precision where the processor has that
            results.near(
                "linear " + device,
                layer(inputs).float().cpu().numpy(),
                exact.numpy(),
                128,
                "bfloat16",
                magnitude=size,
            )
    return {"results": results, "said": {"version": bitsandbytes.__version__, "devices": ", ".join(devices)}}


def inside(found, values, block, share):
    """Tell whether each number is within `share` of its block's largest."""
    gaps = (found - values).abs().reshape(-1, block)
    return bool((gaps <= share * values.abs().reshape(-1, block).amax(dim=1, keepdim=True)).all())
