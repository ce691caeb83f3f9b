"""A small training with torch's DDP: the same batches whatever the number of processes."""

import os
import socket
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

STEPS = int(os.environ.get("STEPS", "20"))


def main():
    dist.init_process_group("gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    print(f"rank {rank} of {world} on {socket.gethostname()}", flush=True)
    torch.manual_seed(7)
    x, y = torch.randn(64, 8), torch.randn(64, 1)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    trained = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.05)
    mine = slice(rank * 64 // world, (rank + 1) * 64 // world)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(trained(x[mine]), y[mine])
        loss.backward()
        optimizer.step()
        if os.environ.get("FAILS") == str(rank):
            raise SystemExit(3)
        if os.environ.get("HANGS") == str(rank):
            time.sleep(1000)
        time.sleep(float(os.environ.get("PACE", "0")))
    with torch.no_grad():
        whole = torch.nn.functional.mse_loss(model(x), y)
    if rank == 0:
        print(f"loss {whole.item():.6f} after {STEPS}", flush=True)
    dist.barrier()
    dist.destroy_process_group()


main()
