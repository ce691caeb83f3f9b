"""How far a training is: its bits, the line of each epoch, and the learning rate's course."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .data import Prompt
from .errors import WavenetError
from .inference import mean_bits
from .model import WaveNet

WARMING = 0.1
VALIDATED = 150_000
"""Samples of the validation part that are looked at after each epoch."""


@dataclass
class Progress:
    """What the lines are made of: the running epoch's bits, and the lines so far."""

    bits: float = 0.0
    batches: int = 0
    seconds: float = 0.0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return all of it, for a checkpoint."""
        return vars(self).copy()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        vars(self).update(saved)


def course(done: float) -> float:
    """Return the learning rate's share after this share of the training: up, then down along a cosine."""
    return min(done / WARMING, 0.5 * (1 + math.cos(math.pi * done))) if done < 1 else 0.0


def finished(network: WaveNet, validation: list[Prompt], progress: Progress) -> dict[str, Any]:
    """Return the line of the epoch that just ended, and begin the next one's sums."""
    looked_at, count = [], 0
    for prompt in sorted(validation, key=lambda one: one.content):
        if count < VALIDATED:
            looked_at.append(prompt)
            count += len(prompt.codes)
    bits = mean_bits(network, looked_at)
    line = {
        "epoch": len(progress.lines) + 1,
        "train_loss": progress.bits / max(1, progress.batches),
        "validation_loss": bits,
        "validation_bits_per_sample": bits,
        "seconds": round(progress.seconds, 3),
    }
    if not math.isfinite(line["train_loss"] + bits):
        raise WavenetError(f"the loss of epoch {line['epoch']} is no number: try a smaller --rate")
    progress.bits, progress.batches = 0.0, 0
    progress.lines.append(line)
    return line


def tell(line: dict[str, Any], best: bool) -> None:
    """Say how an epoch went."""
    marked = "   best" if best else ""
    print(
        f"epoch {line['epoch']:>2}   {line['train_loss']:.3f} bits a sample"
        f"   validation {line['validation_bits_per_sample']:.3f}   {line['seconds']:.1f} s{marked}",
        flush=True,
    )
