"""Where the heads of a model look: the weights of their attention on a text."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .trained import Trained


@torch.no_grad()
def weights(model: Trained, text: str) -> Tensor:
    """Return (layers, heads, places, places): how much each place looks at each one; rows add up to 1."""
    network = model.network.eval()
    device = next(network.parameters()).device
    numbers = torch.from_numpy(model.alphabet.encode(text)).to(device)[None]
    places = torch.arange(numbers.shape[1], device=device)
    states = network.characters(numbers) + network.places(places)
    future = places[:, None] < places[None, :]
    found = []
    for block in network.blocks:
        queries, keys, _values = block.attention.split(block.first_norm(states))
        scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[3])
        found.append(scores.masked_fill(future, -torch.inf).softmax(3)[0].cpu())
        states = block(states)
    return torch.stack(found)


def farthest(looks: Tensor) -> tuple[int, int]:
    """Return layer and head that look back farthest on average, START left out: the most to be seen."""
    places = torch.arange(looks.shape[2])
    distance = (places[:, None] - places[None, :]).clamp(min=0).float()
    distance[:, 0] = 0
    average = (looks * distance).sum(3).mean(2)
    best = int(average.argmax())
    return best // looks.shape[1], best % looks.shape[1]
