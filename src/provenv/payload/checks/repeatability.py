"""Does the same seed give the same bits: twice in a process, and in another process?"""

import hashlib
import os
import random

import prove_children
import torch


def digest(*tensors):
    value = hashlib.sha256()
    for tensor in tensors:
        value.update(str((tensor.dtype, tuple(tensor.shape))).encode())
        value.update(bytes(tensor.detach().contiguous().view(-1).view(torch.uint8).tolist()))
    return value.hexdigest()[:16]


def compute(device):
    """Return {part: digest} of what follows from the seed."""
    settle()
    random.seed(11)
    torch.manual_seed(11)
    parts = {
        "random": digest(torch.tensor([random.random() for _ in range(4)], dtype=torch.float64)),
        "rand": digest(torch.rand(64)),
        "randn": digest(torch.randn(64)),
        "randperm": digest(torch.randperm(64)),
        "dropout": digest(torch.nn.functional.dropout(torch.ones(64), 0.5)),
        "matmul": digest(torch.randn(64, 64) @ torch.randn(64, 64)),
    }
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(288, 10)
    ).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(3):
        batch, labels = torch.randn(32, 1, 8, 8), torch.randint(0, 10, (32,))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(batch.to(device)), labels.to(device)).backward()
        optimizer.step()
    parts["training"] = digest(*(value.cpu() for value in model.parameters()))
    return parts


def settle():
    """Ask for what is the same each time (on GPUs some kernels are not, unless told so)."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False


def run(options):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # before any computation here: a forked child must not wait for threads that it did not inherit
    other = prove_children.elsewhere(
        __file__, compute, (device,), options["scratch"], options["wait"], fork=device == "cpu"
    )
    return {"device": device, "runs": [compute(device), compute(device), other]}
