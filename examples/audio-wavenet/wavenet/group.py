"""Several processes that train together: who is who, and sums over all of them."""

from __future__ import annotations

import os

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


def join() -> None:
    """Meet the other processes where there are any (`provenv run --processes 2 train`)."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def leave() -> None:
    """Part from the others."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def size() -> int:
    """Return how many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def first() -> bool:
    """Return whether this process is the one that writes."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def shared(network: nn.Module, device: torch.device) -> nn.Module:
    """Return the network with gradients that are the mean over all processes."""
    if not distributed.is_initialized():
        return network
    return DistributedDataParallel(network, device_ids=[device.index] if device.type == "cuda" else None)


def mean(value: torch.Tensor) -> float:
    """Return the mean of a number over all processes."""
    value = value.detach().clone()
    if distributed.is_initialized():
        distributed.all_reduce(value)
        value /= distributed.get_world_size()
    return float(value)
