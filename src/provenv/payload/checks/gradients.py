"""Are torch's gradients those of its functions? Compares autograd with central differences in float64."""
# ruff: noqa: B905 - `zip` knows no `strict` before Python 3.10

import torch
from torch.nn import functional as F

STEP = 6e-6  # about the cube root of float64's unit roundoff: truncation and rounding weigh the same there


def cases():
    """Return {name: (function, inputs)}; the functions are smooth at the inputs."""
    generator = torch.Generator().manual_seed(7)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)  # noqa: E731
    labels = torch.tensor([0, 2, 1])
    return {
        "matmul": (torch.matmul, [draw(3, 4), draw(4, 2)]),
        "linear": (F.linear, [draw(3, 4), draw(2, 4), draw(2)]),
        "conv2d": (lambda x, w: F.conv2d(x, w, padding=1), [draw(1, 2, 4, 4), draw(2, 2, 3, 3)]),
        "softmax": (lambda x: torch.softmax(x, dim=1), [draw(3, 4)]),
        "cross_entropy": (lambda x: F.cross_entropy(x, labels), [draw(3, 4)]),
        "layer_norm": (lambda x, w, b: F.layer_norm(x, (4,), w, b), [draw(3, 4), draw(4), draw(4)]),
        "batch_norm": (lambda x: F.batch_norm(x, None, None, training=True), [draw(5, 3)]),
        "gelu": (F.gelu, [draw(3, 4)]),
        "tanh": (torch.tanh, [draw(3, 4)]),
        "max_pool2d": (lambda x: F.max_pool2d(x, 2), [draw(1, 1, 4, 4)]),
        "embedding": (lambda w: F.embedding(labels, w), [draw(3, 4)]),
        "attention": (F.scaled_dot_product_attention, [draw(1, 3, 4), draw(1, 3, 4), draw(1, 3, 4)]),
    }


def distance(function, inputs):
    """Return the largest |autograd - difference| / max(1, |difference|) over all inputs' elements."""
    inputs = [value.clone().requires_grad_() for value in inputs]
    result = function(*inputs)
    weights = torch.linspace(0.5, 1.5, result.numel(), dtype=torch.float64).reshape(result.shape)
    found = torch.autograd.grad((result * weights).sum(), inputs)
    worst = 0.0
    with torch.no_grad():
        for value, gradient in zip(inputs, found):
            flat, slopes = value.view(-1), gradient.reshape(-1)
            for index in range(flat.numel()):
                kept = float(flat[index])
                flat[index] = kept + STEP
                above = float((function(*inputs) * weights).sum())
                flat[index] = kept - STEP
                below = float((function(*inputs) * weights).sum())
                flat[index] = kept
                expected = (above - below) / (2 * STEP)
                gap = abs(float(slopes[index]) - expected) / max(1.0, abs(expected))
                worst = max(worst, gap if gap == gap else float("inf"))
    return worst


def run(options):
    results = []
    for name, (function, inputs) in cases().items():
        entry = {"operation": name}
        try:
            entry["distance"] = distance(function, inputs)
        except Exception as error:
            entry["error"] = "%s: %s" % (type(error).__name__, error)
        results.append(entry)
    return {"results": results}
