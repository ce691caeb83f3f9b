"""What has to hold, or the figures mean nothing: no look ahead, probabilities that sum to 1, equal sound."""

from __future__ import annotations

import numpy as np
import torch

from provenv_runtime.evaluation import Check

from . import logistics
from .data import Prompt
from .generate import Generator
from .model import WaveNet

LOOKED_AT = 200
IMPOSSIBLE = 0.65
"""Below this share of the best baseline's bits the sample itself was seen, not guessed."""


def heard(network: WaveNet, prompt: Prompt) -> tuple[torch.Tensor, torch.Tensor]:
    """Return some of the prompt's codes with their context, and its voice."""
    device = next(network.parameters()).device
    codes = prompt.after(network.context)[: network.context + max(LOOKED_AT, len(prompt.codes) // 2)]
    return torch.from_numpy(codes[None]).long().to(device), torch.tensor([prompt.voice], device=device)


def causal(network: WaveNet, prompt: Prompt) -> Check:
    """Return whether a sample changes what is said of later ones only: not of itself, not of earlier ones."""
    codes, voice = heard(network, prompt)
    other = codes.clone()
    place = codes.shape[1] - LOOKED_AT // 2
    other[0, place] = (codes[0, place] + 100) % 256
    with torch.no_grad():
        said, changed = (logistics.aligned(network, one, voice, network.context)[0] for one in (codes, other))
    differs = (said != changed).any(1)[0]
    earliest = int(differs.nonzero()[0]) + network.context if bool(differs.any()) else codes.shape[1]
    if earliest > place:
        seen = "a sample changes what is said of those after it, and of no other"
        return Check("causality", earliest == place + 1, seen)
    ahead = f"what is said of sample {earliest} changes with sample {place}: it has been seen, not foretold"
    return Check("causality", False, ahead)


def whole(network: WaveNet, prompt: Prompt) -> Check:
    """Return whether the probabilities of the 256 codes sum to 1."""
    codes, voice = heard(network, prompt)
    with torch.no_grad():
        said = network(codes[:, : network.context + LOOKED_AT], voice)
        off = float((logistics.total(said) - 1).abs().max())
    return Check("probabilities", off < 1e-3, f"the 256 probabilities sum to 1 within {off:.1e}")


def plausible(bits: float, baselines: float) -> Check:
    """Return whether so few bits can be true."""
    beside = f"beside {baselines:.3f} without a network"
    if bits > IMPOSSIBLE * baselines:
        return Check("possible bits", True, f"{bits:.3f} bits a sample can be, {beside}")
    return Check(
        "possible bits", False, f"{bits:.3f} bits a sample can't be, {beside}: is the target in the input?"
    )


def generated_alike(network: WaveNet, prompt: Prompt) -> Check:
    """Return whether the generator says the same of a real prompt as the network that was trained."""
    codes, voice = heard(network, prompt)
    codes = codes[:, : network.context + LOOKED_AT]
    with torch.no_grad():
        said = network(codes, voice)[0].T.cpu().numpy()
    generator = Generator(network, [prompt.voice])
    rows = [generator.said]
    for code in codes[0, network.context :].cpu().numpy():
        rows.append(generator.step(np.array([code])))
    off = float(np.abs(np.concatenate(rows) - said).max() / max(1.0, float(np.abs(said).max())))
    return Check("generation", off < 1e-3, f"generator and network agree within {off:.1e}")


def voices_fit(own: float, other: float) -> Check:
    """Return whether prompts take fewer bits with their own voice than with the other one."""
    said = f"{own:.3f} bits a sample with the right voice, {other:.3f} with the other"
    return Check("voices", own <= other, said if own <= other else f"the voices don't fit: {said}")
