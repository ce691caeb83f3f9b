"""One process or several that train together: torch's gloo on CPUs, NCCL on GPUs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from .trained import device


@contextmanager
def joined() -> Iterator[tuple[int, int]]:
    """Join the other processes, if provenv started several; give this one's rank and how many there are."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield 0, 1
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(device())
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield distributed.get_rank(), distributed.get_world_size()
    finally:
        distributed.destroy_process_group()


def shared(network: nn.Module, world: int) -> nn.Module:
    """Return the network so that every process moves it by the mean of all processes' gradients."""
    return network if world == 1 else DistributedDataParallel(network)


def summed(values: list[float], device: torch.device) -> list[float]:
    """Return the sums of each value over all processes."""
    if not distributed.is_initialized():
        return values
    tensor = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.all_reduce(tensor)
    return tensor.tolist()
