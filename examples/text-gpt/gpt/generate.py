"""Text that the model goes on with, a character at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from .model import Cache
from .trained import Trained


@torch.no_grad()
def generate(
    model: Trained,
    prompt: str,
    *,
    count: int = 1,
    length: int = 300,
    temperature: float = 0.8,
    top_k: int = 20,
    seed: int = 1,
) -> list[str]:
    """Return `count` continuations of a prompt; the same seed gives the same ones.

    A low temperature keeps to what is likely (0: always the likeliest); `top_k` leaves out all but the k
    likeliest characters (0: none).
    """
    random = torch.Generator().manual_seed(seed)
    begin = torch.from_numpy(model.alphabet.encode(prompt)).repeat(count, 1)
    text, context = begin, model.network.shape.context
    caches: list[Cache] = []
    for _ in range(length):
        if not caches or caches[0].length == context:
            # The places are learned, so a full window can't slide: its second half is read once more.
            caches = [Cache() for _ in model.network.blocks]
            read = text[:, -context:] if text is begin else text[:, -(context // 2) :]
        else:
            read = text[:, -1:]
        scores = model.network(read.to(place_of(model)), caches)[:, -1].float().cpu()
        text = torch.cat([text, drawn(scores, temperature, top_k, random)], 1)
    return [model.alphabet.decode(row) for row in text[:, begin.shape[1] :].tolist()]


def drawn(scores: Tensor, temperature: float, top_k: int, random: torch.Generator) -> Tensor:
    """Return a next character for each row of scores; START and the unknown character are never drawn."""
    scores = scores.clone()
    scores[:, :2] = -torch.inf
    if temperature <= 0:
        return scores.argmax(1, keepdim=True)
    if 0 < top_k < scores.shape[1]:
        least = scores.topk(top_k, dim=1).values[:, -1:]
        scores[scores < least] = -torch.inf
    return torch.multinomial((scores / temperature).softmax(1), 1, generator=random)


def place_of(model: Trained) -> torch.device:
    """Return the device that the model's weights are on."""
    return next(model.network.parameters()).device
