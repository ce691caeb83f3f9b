"""The network: four convolutions over a spectrogram, and what they find anywhere in it."""

from __future__ import annotations

import os

import torch
from torch import Tensor, nn

from .data import LANGUAGES
from .features import LogMel


class PromptNet(nn.Module):
    """Samples (count, 8000) to scores (count, 5): 47 thousand parameters at a width of 16.

    `centre` and `spread` are the spectrograms' mean and deviation in the training part.
    """

    def __init__(self, width: int = 16, dropout: float = 0.3) -> None:
        super().__init__()
        self.spectrogram = LogMel()
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 5, stride=2, padding=2, bias=False),
            nn.GroupNorm(4, width),
            nn.ReLU(),
            *halving(width, 2 * width),
            *halving(2 * width, 3 * width),
            nn.Conv2d(3 * width, 4 * width, 3, padding=1),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(8 * width, len(LANGUAGES))

    def normalised(self, samples: Tensor) -> Tensor:
        """Return what the convolutions look at: (count, 1, bands, frames)."""
        return (self.spectrogram(samples) - self.centre) / self.spread

    def scores(self, spectrograms: Tensor) -> Tensor:
        """Return scores before the softmax, of normalised spectrograms."""
        found = self.body(spectrograms)
        # the mean says how often something was found, the maximum whether it was
        return self.head(self.dropout(torch.cat([found.mean((2, 3)), found.amax((2, 3))], 1)))

    def forward(self, samples: Tensor) -> Tensor:
        """Return scores before the softmax."""
        return self.scores(self.normalised(samples))


def halving(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """Return a convolution, its normalisation, its bend, and half as many places of what is largest."""
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return convolution, nn.GroupNorm(4, outputs), nn.ReLU(), nn.MaxPool2d(2)


def choose_device() -> torch.device:
    """Return this process's GPU where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    return torch.device("cpu")
