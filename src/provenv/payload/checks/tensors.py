"""How far are torch's results from a reference, per device, type and operation?"""

import prove_devices
import prove_reference
import torch

OPERATIONS = {
    "matmul": lambda a, b: a @ b,
    "matmul.large": lambda a, b: a @ b,
    "conv2d": lambda images, kernels: torch.nn.functional.conv2d(images, kernels)[0],
    "softmax": lambda a: torch.softmax(a, dim=1),
    "sum": lambda a: a.sum(dim=1),
    "max": lambda a: a.amax(dim=1),
    "sort": lambda a: a.sort(dim=1).values,
    "reversed": lambda a: a[:, list(range(a.shape[1]))[::-1]],
}


def compute(name, inputs, device, dtype):
    if dtype == "float64" and device.partition(":")[0] in prove_devices.WITHOUT_FLOAT64:
        return None
    tensors = [torch.tensor(values, dtype=getattr(torch, dtype), device=device) for values in inputs]
    return OPERATIONS[name](*tensors).cpu().double().tolist()


def run(options):
    prove_devices.exact()
    return {"results": prove_reference.compare(compute, prove_devices.everything())}
