"""WaveNet (van den Oord and others, arXiv:1609.03499), small: what comes next, from all that came before.

A convolution with two taps that lie 1, 2, 4 ... samples apart sees only the past: it shortens its input at
the front, and nothing is padded. So the value at the end of `n` inputs knows these and no later one.
"""

from __future__ import annotations

import os

import torch
from torch import Tensor, nn

from . import logistics
from .data import VOICES
from .mulaw import LEVELS
from .options import Settings


class Layer(nn.Module):
    """A gated dilated convolution, told whose voice it is; gives to the next layer and to the end."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.gates = nn.Conv1d(channels, 2 * channels, 2, dilation=dilation)
        self.voice = nn.Embedding(len(VOICES), 2 * channels)
        self.residual = nn.Conv1d(channels, channels, 1)
        self.skip = nn.Conv1d(channels, channels, 1)

    def forward(self, signal: Tensor, voice: Tensor, wanted: int) -> tuple[Tensor, Tensor]:
        """Return the signal for the next layer, and the last `wanted` places' part of the result."""
        content, gate = (self.gates(signal) + self.voice(voice)[..., None]).chunk(2, 1)
        found = torch.tanh(content) * torch.sigmoid(gate)
        return signal[..., self.dilation :] + self.residual(found), self.skip(found[..., -wanted:])


class WaveNet(nn.Module):
    """Codes (count, context + n) and voices (count) to what is said of each next sample (count, ..., n + 1).

    `context` is how many samples each of them is said from.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        dilations = [2**power for power in range(settings.dilations)] * settings.stacks
        outputs = 3 * logistics.CURVES if settings.output == "logistics" else LEVELS
        self.output = settings.output
        self.context = sum(dilations) + 2
        self.first = nn.Conv1d(1, settings.channels, 2)
        self.layers = nn.ModuleList(Layer(settings.channels, dilation) for dilation in dilations)
        # nothing follows the last layer: what it would hand on is not learned (and not waited for by a group)
        self.layers[-1].residual.requires_grad_(False)
        self.hidden = nn.Conv1d(settings.channels, 2 * settings.channels, 1)
        self.last = nn.Conv1d(2 * settings.channels, outputs, 1)

    def forward(self, codes: Tensor, voice: Tensor) -> Tensor:
        """Return what is said of the sample after each place that has its whole context."""
        wanted = codes.shape[1] - self.context + 1
        level = logistics.levels(codes)[:, None]
        signal, result = self.first(level), torch.zeros((), device=codes.device)
        for layer in self.layers:
            signal, found = layer(signal, voice, wanted)
            result = result + found
        said = self.last(torch.relu(self.hidden(torch.relu(result))))
        return logistics.around(said, level[..., -wanted:]) if self.output == "logistics" else said


def choose_device() -> torch.device:
    """Return this process's GPU where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    return torch.device("cpu")
