"""What is said of the next sample: a probability for each of 256 levels.

`softmax`: 256 free values, as in the first WaveNet. `logistics`: five bell curves, cut into 256 pieces
(Salimans and others, PixelCNN++, arXiv:1701.05517; Parallel WaveNet, arXiv:1711.10433). A curve knows from
the start that level 130 is near 131; free values have to learn it, which takes most of a short training.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .mulaw import LEVELS

CURVES = 5
UNIT = 64.0
HALF = 0.5 / UNIT
SMALLEST = 1e-7
NARROWEST = -6.0


def levels(codes: Tensor) -> Tensor:
    """Return codes 0..255 as numbers around zero."""
    return (codes.float() - (LEVELS - 1) / 2) / UNIT


def around(said: Tensor, before: Tensor) -> Tensor:
    """Return the curves' weights, centres (as told from the sample before) and widths."""
    weights, centres, widths = said.chunk(3, 1)
    apart = torch.linspace(-0.5, 0.5, CURVES, device=said.device)[:, None]
    return torch.cat([weights, centres + before + apart, (widths - 2).clamp(min=NARROWEST)], 1)


def nats(said: Tensor, codes: Tensor) -> Tensor:
    """Return -log of the probability that was given to these codes (count, n)."""
    if said.shape[1] == LEVELS:
        return nn.functional.cross_entropy(said, codes, reduction="none")
    weights, centres, widths = said.chunk(3, 1)
    narrow, level = torch.exp(-widths), levels(codes)[:, None]
    above = torch.sigmoid((level + HALF - centres) * narrow)
    below = torch.sigmoid((level - HALF - centres) * narrow)
    above = torch.where(codes[:, None] == LEVELS - 1, torch.ones_like(above), above)
    below = torch.where(codes[:, None] == 0, torch.zeros_like(below), below)
    pieces = torch.log((above - below).clamp(min=SMALLEST))
    return -torch.logsumexp(torch.log_softmax(weights, 1) + pieces, 1)


def aligned(network: nn.Module, codes: Tensor, voice: Tensor, context: int) -> tuple[Tensor, Tensor]:
    """Return what is said of samples, and these samples: each from the `context` before it, not from itself.

    The one place where input and target are set against each other: training, evaluation and the check of
    causality all go through it.
    """
    return network(codes[:, :-1], voice), codes[:, context:]


def bits(network: nn.Module, codes: Tensor, voice: Tensor, context: int) -> Tensor:
    """Return for each sample after the context how many bits it takes to tell it."""
    said, truth = aligned(network, codes, voice, context)
    return nats(said, truth) / math.log(2)


def total(said: Tensor) -> Tensor:
    """Return what the probabilities of all 256 levels sum to: 1, or the bits are not bits."""
    codes = torch.arange(LEVELS, device=said.device)
    each = [torch.exp(-nats(said, code.expand(said.shape[0], said.shape[2]))) for code in codes]
    return torch.stack(each).sum(0)
