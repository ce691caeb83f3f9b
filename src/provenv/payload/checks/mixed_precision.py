"""Does autocast compute in bfloat16, and near float32? Forward and backward of a small network."""

import prove_devices
import torch

LAYERS = 3


def devices():
    """Return the CPU and the first accelerator, where that computes in bfloat16."""
    best = prove_devices.best()
    if best == "cpu" or (best.startswith("cuda") and not torch.cuda.is_bf16_supported()):
        return ["cpu"]
    return ["cpu", best]


def compute(device, mixed):
    torch.manual_seed(5)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(16, 16, 3, padding=1),
        torch.nn.Flatten(),
        torch.nn.Linear(16 * 64, 10),
    ).to(device)
    inputs = torch.randn(8, 3, 8, 8).to(device)
    with torch.autocast(device.partition(":")[0], dtype=torch.bfloat16, enabled=mixed):
        result = model(inputs)
    loss = result.float().square().mean()
    loss.backward()
    return result.detach().cpu(), [value.grad.cpu().double() for value in model.parameters()]


def distance(found, reference):
    """Return |found - reference| / |reference| in the Euclidean norm."""
    return float((found - reference).norm() / reference.norm())


def joined(values):
    return torch.cat([value.reshape(-1) for value in values])


def run(options):
    prove_devices.exact()
    results = []
    for device in devices():
        entry = {"device": device, "layers": LAYERS}
        try:
            exact, exact_gradients = compute(device, False)
            mixed, gradients = compute(device, True)
            entry["dtype"] = str(mixed.dtype).replace("torch.", "")
            entry["forward"] = distance(mixed.double(), exact.double())
            entry["backward"] = distance(joined(gradients), joined(exact_gradients))
        except Exception as error:
            entry["error"] = "%s: %s" % (type(error).__name__, error)
        results.append(entry)
    return {"results": results}
