"""How far a training is: its losses, the line of each epoch, and the learning rate's course."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from .data import Prompt
from .errors import PromptsError
from .inference import probabilities
from .model import PromptNet
from .options import Settings

WARMING = 0.1


@dataclass
class Progress:
    """What the lines are made of: the running epoch's losses, and the lines so far."""

    loss: float = 0.0
    batches: int = 0
    seconds: float = 0.0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return all of it, for a checkpoint."""
        return vars(self).copy()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        vars(self).update(saved)


def loss(scores: Tensor, truth: Tensor, settings: Settings) -> Tensor:
    """Return the declared loss."""
    if settings.loss == "mse":
        return nn.functional.mse_loss(
            scores.softmax(1), nn.functional.one_hot(truth, scores.shape[1]).float()
        )
    return nn.functional.cross_entropy(scores, truth)


def course(done: float) -> float:
    """Return the learning rate's share after this share of the training: up, then down along a cosine."""
    return min(done / WARMING, 0.5 * (1 + math.cos(math.pi * done))) if done < 1 else 0.0


def finished(
    network: PromptNet, validation: list[Prompt], progress: Progress, settings: Settings
) -> dict[str, Any]:
    """Return the line of the epoch that just ended, and begin the next one's sums."""
    guesses = probabilities(network, validation)
    truth = torch.tensor([prompt.language for prompt in validation])
    line = {
        "epoch": len(progress.lines) + 1,
        "train_loss": progress.loss / max(1, progress.batches),
        "validation_loss": loss(guesses.log(), truth, settings).item(),
        "validation_accuracy": (guesses.argmax(1) == truth).double().mean().item(),
        "seconds": round(progress.seconds, 3),
    }
    if not math.isfinite(line["train_loss"] + line["validation_loss"]):
        raise PromptsError(f"the loss of epoch {line['epoch']} is no number: try a smaller --rate")
    progress.loss, progress.batches = 0.0, 0
    progress.lines.append(line)
    return line


def tell(line: dict[str, Any], best: bool) -> None:
    """Say how an epoch went."""
    marked = "   best" if best else ""
    print(
        f"epoch {line['epoch']:>2}   loss {line['train_loss']:.4f}   validation {line['validation_loss']:.4f}"
        f"   accuracy {line['validation_accuracy']:6.1%}   {line['seconds']:.1f} s{marked}",
        flush=True,
    )
