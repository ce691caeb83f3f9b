"""The processes that train together: one alone, or those that torch's DistributedDataParallel joins."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn


@dataclass(frozen=True)
class Group:
    """This process's place among all, and the device it computes on."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process writes and speaks."""
        return self.rank == 0

    def joined(self, model: nn.Module) -> nn.Module:
        """Return the model whose gradients are the mean over all processes."""
        return nn.parallel.DistributedDataParallel(model) if self.size > 1 else model

    def mean(self, value: Tensor) -> float:
        """Return the mean of a number that each process has."""
        value = value.detach().clone()
        if self.size > 1:
            distributed.all_reduce(value)
        return value.item() / self.size

    def end(self) -> None:
        """Let the other processes go."""
        if self.size > 1:
            distributed.destroy_process_group()


def begin(seed: int) -> Group:
    """Join the group that the launcher's variables tell of, and make what follows repeatable."""
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if size > 1:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    return Group(rank, size, device)
