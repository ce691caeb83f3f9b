"""Each window is heard a little differently in each epoch: a function of (seed, epoch, window) alone.

`Sampler(keyed=True)` gives each index a key of 64 bits. So a training that was killed, or goes on with
another number of processes, hears exactly what it would have heard.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .data import WINDOW, Prompt
from .options import Settings
from .sounds import RATE

SOFTEST = 3e-5


def heard(prompt: Prompt, begin: int, key: int, settings: Settings) -> Tensor:
    """Return a second of the prompt: moved, faster or slower, with noise, louder or softer."""
    generator = torch.Generator().manual_seed(key)
    moved, faster, noisy, loud = (torch.rand(4, generator=generator) * 2 - 1).tolist()
    begin += round(moved * settings.shift * RATE)
    begin = min(max(begin, -WINDOW // 2), len(prompt.samples) - WINDOW // 4)
    samples = torch.from_numpy(prompt.window(begin))
    samples = resampled(samples, 1 + faster * settings.speed)
    level = SOFTEST * math.exp((noisy + 1) / 2 * math.log(max(settings.noise, SOFTEST) / SOFTEST))
    noise = torch.randn(WINDOW, generator=generator)
    return (samples + level * noise) * 2.0**loud


def resampled(samples: Tensor, factor: float) -> Tensor:
    """Return it `factor` times as fast (and as high), by linear interpolation; silence fills the end."""
    places = torch.arange(WINDOW) * factor
    left = places.long()
    within = left < WINDOW - 1
    left = left.clamp(max=WINDOW - 2)
    part = (places - left).clamp(0, 1)
    return (samples[left] * (1 - part) + samples[left + 1] * part) * within
