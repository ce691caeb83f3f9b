"""What the network says of whole prompts: the mean of what it says of their seconds."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .data import Prompt
from .model import PromptNet

BATCH = 128


def of_windows(network: PromptNet, prompts: Sequence[Prompt], *, backwards: bool = False) -> list[Tensor]:
    """Return for each prompt the probabilities (windows, languages); `backwards` plays it from the end."""
    seconds = [(number, begin) for number, prompt in enumerate(prompts) for begin in prompt.windows()]
    device = network.centre.device
    training = network.training
    network.eval()
    rows = []
    with torch.no_grad():
        for at in range(0, len(seconds), BATCH):
            sounds = [torch.from_numpy(prompts[n].window(begin)) for n, begin in seconds[at : at + BATCH]]
            batch = torch.stack(sounds)
            rows.append(network((batch.flip(1) if backwards else batch).to(device)).softmax(1).cpu().double())
    network.train(training)
    return list(torch.cat(rows).split([len(prompt.windows()) for prompt in prompts]))


def probabilities(network: PromptNet, prompts: Sequence[Prompt], *, backwards: bool = False) -> Tensor:
    """Return for each prompt the probability of each language (prompts, languages)."""
    return torch.stack([one.mean(0) for one in of_windows(network, prompts, backwards=backwards)])
