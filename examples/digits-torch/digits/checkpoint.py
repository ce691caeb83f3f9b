"""A training under way, and its checkpoint: all that the next epoch depends on.

The checkpoint of an epoch holds weights, optimizer, random generators and the
figures so far. The order of the batches needs no keeping: it follows from the
seed and the epoch (`data.batches`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import tensor_file
from .errors import DigitsError
from .model import DigitNet


@dataclass
class Best:
    """The epoch with the lowest validation loss so far, and the weights it ended with."""

    epoch: int = 0
    loss: float = math.inf
    weights: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class Training:
    """A training under way: `epoch` passes are done, `metrics` has a line for each."""

    network: DigitNet
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    metrics: list[dict[str, Any]] = field(default_factory=list)
    best: Best = field(default_factory=Best)


def save(path: Path, training: Training, identity: dict[str, Any]) -> None:
    """Write the checkpoint of the epoch that just ended, whole or not at all."""
    tensor_file.save(
        path,
        {
            "identity": identity,
            "epoch": training.epoch,
            "network": training.network.state_dict(),
            "optimizer": training.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "metrics": training.metrics,
            "best": vars(training.best),
        },
    )


def resume(path: Path, training: Training, identity: dict[str, Any]) -> None:
    """Put the training back to where the checkpoint was written.

    Raises DigitsError where it belongs to other settings or data (`identity`).
    """
    state = tensor_file.load(path)
    if state.get("identity") != identity:
        raise DigitsError(
            f"{path} belongs to a training with other settings or other data:"
            " pass --fresh to start again, or another --outputs to keep both"
        )
    training.network.load_state_dict(state["network"])
    training.optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])
    if torch.cuda.is_available() and len(state["random_cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["random_cuda"])
    training.epoch, training.metrics = state["epoch"], state["metrics"]
    training.best = Best(**state["best"])


def weights(network: DigitNet) -> dict[str, Tensor]:
    """Return the network's weights as they are now: a copy, on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
