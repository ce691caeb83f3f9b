"""A closure and steps compiled from the first on; a second compilation of any function is an error."""

import torch
from torch import nn
from torch._dynamo.utils import counters

torch.manual_seed(1)
torch._dynamo.config.error_on_recompile = True
model, inputs, targets = nn.Linear(4, 1), torch.randn(32, 4), torch.randn(32, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


@torch.compile(backend="aot_eager")
def closure():
    optimizer.zero_grad()
    value = nn.functional.mse_loss(model(inputs), targets)
    value.backward()
    return value


@torch.compile(backend="aot_eager")
def step():
    optimizer.step()


for _ in range(6):
    last = closure()
    step()
print("frames", counters["frames"]["total"], "last", last.item())
