"""The network: three convolutions and two linear layers, for square grey images of 8 pixels and up."""

from __future__ import annotations

import os

import torch
from torch import Tensor, nn

from .data import CLASSES


class DigitNet(nn.Module):
    """Some 90 thousand parameters at 8x8, 130 thousand at 28x28.

    Images of 16 pixels and more are halved once more, early, where it saves most of the work.
    """

    def __init__(self, side: int, classes: int = len(CLASSES)) -> None:
        super().__init__()
        self.side = side
        large = side >= 16
        self.features = nn.Sequential(
            *convolution(1, 32),
            nn.MaxPool2d(2) if large else nn.Identity(),
            *convolution(32, 64),
            nn.MaxPool2d(2),
            *convolution(64, 64),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64 * (side // (8 if large else 4)) ** 2, 128),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(128, classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return scores (batch, classes) before the softmax, of images (batch, 1, side, side)."""
        return self.classifier(self.features(images))


def convolution(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """Return a 3x3 convolution that keeps the size, its normalisation, and its bend."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()


def choose_device() -> torch.device:
    """Return the GPU where there is one that torch can use, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_repeatable(seed: int) -> None:
    """Seed every generator that is used, and keep to modest threads and deterministic kernels.

    Where OMP_NUM_THREADS is set, it is followed; the model is too small to gain from more than four.
    """
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    if not os.environ.get("OMP_NUM_THREADS"):
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(min(4, available))
