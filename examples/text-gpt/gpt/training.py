"""What changes while a training goes on: weights, optimizer, order of the data, and what is known so far."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from provenv_runtime import Sampler
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer

from . import data, processes, scoring
from .config import Settings
from .errors import TextError
from .model import GPT, Shape
from .trained import device


class Training:
    """Everything that changes while a training goes on, and how it changes."""

    def __init__(self, parts: data.Parts, settings: Settings, rank: int, world: int) -> None:
        if settings.batch % world:
            raise TextError(f"a batch of {settings.batch} can't be shared by {world} processes")
        torch.manual_seed(settings.seed)
        self.settings, self.rank, self.world, self.device = settings, rank, world, device()
        if self.device.type == "cuda":  # a CPU computes the same twice anyway
            torch.use_deterministic_algorithms(True, warn_only=True)
        self.alphabet = data.Alphabet()
        self.text = data.stream(parts.train, self.alphabet)
        self.look = excerpts(parts, self.alphabet, settings.judged)[rank::world]
        shape = Shape(
            len(self.alphabet),
            settings.layers,
            settings.heads,
            settings.width,
            settings.context,
            settings.dropout,
        )
        self.network, self.best = GPT(shape).to(self.device), GPT(shape).to(self.device)
        torch.manual_seed(
            settings.seed + rank
        )  # from here on processes leave out (dropout) different numbers
        self.shared = processes.shared(self.network, world)
        self.optimizer = torch_optimizer(
            settings.optimizer,
            self.network.parameters(),
            rate=settings.rate,
            l2=settings.l2,
            momentum=settings.momentum,
        )
        self.sampler = Sampler(
            len(self.text) // settings.context,
            seed=settings.seed,
            batch_size=settings.batch // world,
            drop_last=True,
            keyed=True,
        )
        self.early = EarlyStop(settings.patience, "lower")
        decisive = {
            name: value for name, value in asdict(settings).items() if name not in ("outputs", "checkpoints")
        }
        self.progress: dict[str, Any] = {"lines": [], "loss": 0.0, "batches": 0, "judged": 0}
        self.progress |= {"settings": decisive, "split": parts.digest}

    def learn(self, items: list[Any], step: int) -> None:
        """Take one step: foretell the next character at every place of some windows."""
        self.shared.train()
        read, target = (
            torch.from_numpy(part).to(self.device)
            for part in data.windows(self.text, items, self.settings.context)
        )
        loss = functional.cross_entropy(self.shared(read).flatten(0, 1), target.flatten())
        whole: Tensor = loss
        if self.settings.l1:
            whole = loss + self.settings.l1 * l1(self.network.parameters())
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.settings, step)
        self.optimizer.zero_grad(set_to_none=True)
        whole.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.optimizer.step()
        self.progress["loss"] += loss.item()
        self.progress["batches"] += 1

    def judge(self, step: int, seconds: float) -> dict[str, Any]:
        """Look at the validation part; return the line that tells of it, and keep the weights if best."""
        costs = [cost.sum() for cost in scoring.bits(self.network, self.look)]
        found = [float(sum(costs)), float(sum(len(text) - 1 for text in self.look))]
        cost, count, loss, batches = processes.summed(
            [*found, self.progress["loss"], self.progress["batches"]], self.device
        )
        bits = cost / count
        if not math.isfinite(bits):
            raise TextError(f"the loss is no number any more: try a smaller --rate than {self.settings.rate}")
        self.early.step(bits)
        if self.early.improved:
            self.best.load_state_dict(self.network.state_dict())
        self.progress |= {"loss": 0.0, "batches": 0, "judged": step}
        line = {
            "epoch": self.early.epoch,
            "train_loss": loss / batches,
            "validation_loss": bits * math.log(2),
            "validation_bits_per_character": bits,
            "seconds": round(seconds, 3),
        }
        self.progress["lines"].append(line)
        return line


def rate(settings: Settings, step: int) -> float:
    """Return the learning rate of a step: it rises straight, then falls to a twentieth as a cosine does."""
    if step < settings.warm_up:
        return settings.rate * (step + 1) / settings.warm_up
    way = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return settings.rate * (0.05 + 0.95 * (1 + math.cos(math.pi * min(1.0, way))) / 2)


def excerpts(parts: data.Parts, alphabet: data.Alphabet, most: int) -> list[np.ndarray]:
    """Return the beginning of each validation document, `most` characters in all."""
    each = math.ceil(most / len(parts.validation)) if most else None
    return [alphabet.encode(document.text[:each]) for document in parts.validation]
