"""What else is in training loops: a closure, a gradient scaler, a second phase, a compiled model."""

import sys

import torch
from torch import nn

torch.manual_seed(1)
model, inputs, targets = nn.Linear(4, 1), torch.randn(32, 4), torch.randn(32, 1)


def loss():
    return nn.functional.mse_loss(model(inputs), targets)


def closure():
    optimizer.zero_grad()
    value = loss()
    value.backward()
    return value


if sys.argv[1] == "closure":
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=5)
    for _ in range(4):
        optimizer.step(closure)
elif sys.argv[1] == "scaler":
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for _ in range(6):
        optimizer.zero_grad()
        scaler.scale(loss()).backward()
        scaler.step(optimizer)
        scaler.update()
elif sys.argv[1] == "phases":
    for steps in (5, 7):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(steps):
            closure()
            optimizer.step()
elif sys.argv[1] == "compiled":
    fast = torch.compile(model, backend="aot_eager")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(8):
        optimizer.zero_grad()
        nn.functional.mse_loss(fast(inputs), targets).backward()
        optimizer.step()
    torch._dynamo.config.error_on_recompile = True
    whole = torch.compile(closure, backend="aot_eager")
    for _ in range(4):
        whole()
        optimizer.step()
print("last", loss().item())
