"""The two models. What is known of the training part's scale is part of them, and of their file."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .data import FEATURES, Patients
from .options import Options


class Regression(nn.Module):
    """From measurements to the progression; inside, both are standardised as the training part was."""

    def __init__(self, model: str, hidden: int, dropout: float) -> None:
        super().__init__()
        inputs = len(FEATURES)
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("deviation", torch.ones(inputs))
        self.register_buffer("middle", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))
        self.body = (
            nn.Linear(inputs, 1)
            if model == "linear"
            else nn.Sequential(
                nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 1)
            )
        )

    def forward(self, measured: Tensor) -> Tensor:
        """Return the standardised progression (count,)."""
        return self.body((measured - self.mean) / self.deviation)[:, 0]

    def standardised(self, progression: Tensor) -> Tensor:
        """Return progressions on the scale of what `forward` returns."""
        return (progression - self.middle) / self.spread

    def progression(self, measured: Tensor) -> Tensor:
        """Return the progression (count,) as it was written down: 25 to 346."""
        return self(measured) * self.spread + self.middle


def build(options: Options, train: Patients | None = None) -> Regression:
    """Return a model that knows the scale of the training part; without one, it is read from its file."""
    network = Regression(options.model, options.hidden, options.dropout)
    if train is not None:
        network.mean.copy_(torch.from_numpy(train.measured.mean(0)))
        network.deviation.copy_(
            torch.from_numpy(np.where(train.measured.std(0) > 0, train.measured.std(0), 1))
        )
        network.middle.fill_(float(train.progression.mean()))
        network.spread.fill_(float(train.progression.std()) or 1.0)
    return network


def objective(name: str, told: Tensor, truth: Tensor) -> Tensor:
    """Return what is made small: the mean of squared or of absolute errors."""
    return nn.functional.mse_loss(told, truth) if name == "mse" else nn.functional.l1_loss(told, truth)


def tensors(patients: Patients, at: torch.device) -> tuple[Tensor, Tensor]:
    """Return measurements and progressions for torch."""
    return tuple(torch.from_numpy(one).float().to(at) for one in (patients.measured, patients.progression))
