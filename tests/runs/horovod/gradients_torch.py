"""`gradients_horovod.txt`, translated line by line as provenv says; then it prints what came of it."""

import json

import torch
import torch.distributed as dist

dist.init_process_group()
torch.manual_seed(dist.get_rank())
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * dist.get_world_size())
alone = model  # so that the proof can see the weights that process 0 handed out
model = torch.nn.parallel.DistributedDataParallel(model)
inputs = torch.arange(6.0).reshape(2, 3) + 10 * dist.get_rank()

loss = model(inputs).square().mean()
optimizer.zero_grad()
loss.backward()
mean = loss.detach().clone()
dist.all_reduce(mean)
mean /= dist.get_world_size()
parts = [torch.empty_like(inputs) for _ in range(dist.get_world_size())]
dist.all_gather(parts, inputs)
every = torch.cat(parts)
box = [{"seed": dist.get_rank() + 7}]
dist.broadcast_object_list(box, src=0)
seed = box[0]
report = {
    "rank": dist.get_rank(),
    "gradient": alone.weight.grad.tolist(),
    "weight": alone.weight.tolist(),
    "bias": alone.bias.tolist(),
    "mean": mean.item(),
    "every": every.tolist(),
    "seed": seed,
}
print("told", json.dumps(report))
dist.destroy_process_group()
