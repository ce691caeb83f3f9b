"""The networks: scores (count, 10) before the softmax, of ink (count, 28, 28) between 0 and 1.

The normalisation is a part of them, so that whoever loads the file cannot forget it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .data import CLASSES


class Normalised(nn.Module):
    """A network behind the normalisation of what it takes."""

    def __init__(self, body: nn.Module, mean: float, deviation: float) -> None:
        super().__init__()
        self.body = body
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("deviation", torch.tensor(deviation))

    def forward(self, ink: Tensor) -> Tensor:
        """Return the scores."""
        return self.body(((ink - self.mean) / self.deviation).unsqueeze(1))


def build(name: str, mean: float = 0.0, deviation: float = 1.0, dropout: float = 0.0) -> Normalised:
    """Return an untrained network: `cnn` (62 thousand weights) or `resnet` (308 thousand)."""
    network = Normalised(cnn(dropout) if name == "cnn" else resnet(dropout), mean, deviation)
    return network.to(memory_format=torch.channels_last)  # how CPUs and tensor cores like it


def cnn(dropout: float) -> nn.Sequential:
    """Return three convolutions, each halving the picture, and a linear layer."""
    return nn.Sequential(
        *convolution(1, 32, pool=2),
        *convolution(32, 64, pool=2),
        *convolution(64, 64, pool=2),
        *(nn.Flatten(), nn.Dropout(dropout), nn.Linear(64 * 3 * 3, len(CLASSES))),
    )


def resnet(dropout: float) -> nn.Sequential:
    """Return three residual blocks behind a first convolution (He and others 2015, arXiv:1512.03385)."""
    return nn.Sequential(
        *convolution(1, 32, pool=2),
        *(Residual(32, 32), Residual(32, 64), Residual(64, 128)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(128, len(CLASSES))),
    )


class Residual(nn.Module):
    """Two convolutions that learn what to add to their input; it is halved where it gets more channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        stride = 1 if inputs == outputs else 2
        first, second = convolution(inputs, outputs, stride), convolution(outputs, outputs)
        self.added = nn.Sequential(*first, *second[:-1])
        same = inputs == outputs
        self.kept = nn.Identity() if same else nn.Sequential(*convolution(inputs, outputs, stride, 1)[:-1])

    def forward(self, features: Tensor) -> Tensor:
        """Return the input and what was learned to add."""
        return nn.functional.relu(self.kept(features) + self.added(features))


def convolution(
    inputs: int, outputs: int, stride: int = 1, side: int = 3, pool: int = 0
) -> tuple[nn.Module, ...]:
    """Return a convolution, its normalisation over the batch, and its bend.

    Where it is pooled, it is before the other two: they have a quarter of the work then.
    """
    filters = nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, bias=False)
    return filters, *((nn.MaxPool2d(pool),) if pool else ()), nn.BatchNorm2d(outputs), nn.ReLU()


def objective(name: str, scores: Tensor, labels: Tensor) -> Tensor:
    """Return the loss: cross-entropy, or the mean squared error of the softmax (Brier's, 1950)."""
    if name == "mse":
        return nn.functional.mse_loss(scores.softmax(1), nn.functional.one_hot(labels, len(CLASSES)).float())
    return nn.functional.cross_entropy(scores, labels)
