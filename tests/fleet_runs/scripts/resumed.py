"""A training that goes on from the newest checkpoint of a folder that all hosts see."""

import os
import socket
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from provenv_runtime import state

TOTAL = int(os.environ.get("TOTAL", "60"))


def main():
    dist.init_process_group("gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(7)
    x, y = torch.randn(66, 8), torch.randn(66, 1)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    trained = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.05)
    kept = state(os.environ["KEPT"], model=model, optimizer=optimizer, every=5)
    step = kept.restore()
    print(f"rank {rank} of {world} on {socket.gethostname()} from step {step}", flush=True)
    # the whole batch each time, in equal parts: the same gradients for one, two and three processes
    while step < TOTAL:
        optimizer.zero_grad()
        mine = slice(rank * 66 // world, (rank + 1) * 66 // world)
        (torch.nn.functional.mse_loss(trained(x[mine]), y[mine])).backward()
        optimizer.step()
        step = kept.stepped()
        time.sleep(float(os.environ.get("PACE", "0")))
    if rank == 0:
        with torch.no_grad():
            whole = torch.nn.functional.mse_loss(model(x), y)
        print(f"loss {whole.item():.5f} after {step}", flush=True)
    dist.barrier()
    dist.destroy_process_group()


main()
