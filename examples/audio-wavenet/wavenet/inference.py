"""How many bits the network needs for prompts that it hears from their first sample to their last."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from . import logistics
from .data import Prompt
from .model import WaveNet

AT_ONCE = 32_000


def needed(network: WaveNet, prompt: Prompt, voice: int | None = None) -> float:
    """Return the bits for all of the prompt's samples; `voice`: as if it were that voice's."""
    device = next(network.parameters()).device
    codes = torch.from_numpy(prompt.after(network.context)).long().to(device)
    speaker = torch.tensor([prompt.voice if voice is None else voice], device=device)
    found = 0.0
    with torch.no_grad():
        for begin in range(0, len(prompt.codes), AT_ONCE):
            some = codes[None, begin : begin + AT_ONCE + network.context]
            found += float(logistics.bits(network, some, speaker, network.context).double().sum())
    return found


def mean_bits(network: WaveNet, prompts: Sequence[Prompt]) -> float:
    """Return the bits per sample over all prompts."""
    return sum(needed(network, prompt) for prompt in prompts) / sum(len(one.codes) for one in prompts)
