"""Does autocast compute in bfloat16, and near float32? Forward and backward of a small network."""

import torch

LAYERS = 3


def devices():
    found = ["cpu"]
    if torch.cuda.is_available() and torch.cuda.is_bf16_supported():
        found.append("cuda")
    return found


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
    with torch.autocast(device, dtype=torch.bfloat16, enabled=mixed):
        result = model(inputs)
    loss = result.float().square().mean()
    loss.backward()
    return result.detach(), [value.grad.double() for value in model.parameters()]


def distance(found, reference):
    """Return |found - reference| / |reference| in the Euclidean norm."""
    return float((found - reference).norm() / reference.norm())


def joined(values):
    return torch.cat([value.reshape(-1) for value in values])


def run(options):
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
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
