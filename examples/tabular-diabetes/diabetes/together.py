"""Several processes that train one model: `provenv run --processes 2 train` sets RANK and WORLD_SIZE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@contextmanager
def group() -> Iterator[int]:
    """Join the other processes, if there are any; yield this one's number."""
    rank = int(os.environ.get("RANK", "0"))
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield rank
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield rank
    finally:
        distributed.destroy_process_group()


def size() -> int:
    """Return how many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def wrapped(network: nn.Module) -> nn.Module:
    """Return the network as all processes train it: gradients are meaned over them."""
    return DistributedDataParallel(network) if size() > 1 else network


def as_first_says(values: list[float], device: torch.device) -> list[float]:
    """Return what process 0 has: decisions must be the same in all of them."""
    if size() == 1:
        return values
    told = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.broadcast(told, src=0)
    return told.tolist()
