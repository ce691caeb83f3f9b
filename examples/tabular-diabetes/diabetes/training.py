"""One model under training: a step, an epoch, the best epoch; with or without others, kept or not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from provenv_runtime import Sampler
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer

from . import telling, together
from .data import Patients
from .figures import pairs, r2
from .inference import device
from .model import Regression, build, objective, tensors
from .options import Options


class Training:
    """One model under training, alone or as one of several processes; what it is to keep is in `parts`."""

    def __init__(self, train: Patients, options: Options, rank: int = 0, ranks: int = 1) -> None:
        torch.manual_seed(options.seed)
        self.options, self.at = options, device()
        self.network = build(options, train).to(self.at)
        self.model = together.wrapped(self.network) if ranks > 1 else self.network
        torch.manual_seed(options.seed + rank)  # each process has its own dropout
        self.measured, self.progression = tensors(train, self.at)
        each = max(1, options.batch // ranks)
        self.sampler = Sampler(len(train), seed=options.seed, batch_size=each, rank=rank, world_size=ranks)
        self.optimizer = torch_optimizer(
            options.optimizer, self.network.parameters(), rate=options.rate, l2=options.l2
        )
        self.early = EarlyStop(options.patience)
        self.best: dict[str, Tensor] = {}
        self.progress: dict[str, Any] = {"lines": [], "loss": 0.0, "seen": 0, "seconds": 0.0}
        self.parts = {"model": self.network, "optimizer": self.optimizer, "loader": self.sampler}
        self.parts |= {"early": self.early, "best": self.best, "progress": self.progress}

    @property
    def over(self) -> bool:
        """Whether no further epoch is wanted."""
        return len(self.progress["lines"]) >= self.options.epochs or self.early.stop

    def epoch(self, validation: Patients, stepped: Callable[[], object]) -> dict[str, Any]:
        """Go once over the training part, and look at the validation part; return the epoch's line."""
        self.network.train()
        progress, lines = self.progress, self.progress["lines"]
        began, before = time.monotonic(), progress["seconds"]
        # a checkpoint may lie between an epoch's last batch and its validation: then no batch is left
        for rows in self.sampler if self.sampler.epoch == len(lines) else ():
            truth = self.network.standardised(self.progression[rows])
            loss = objective(self.options.loss, self.model(self.measured[rows]), truth)
            whole = loss + self.options.l1 * l1(self.network.parameters()) if self.options.l1 else loss
            self.optimizer.zero_grad()
            whole.backward()
            self.optimizer.step()
            progress["loss"] += loss.item() * len(rows)  # of this process's share of the patients
            progress["seen"] += len(rows)
            progress["seconds"] = before + time.monotonic() - began
            stepped()
        judged = validate(self.network, validation, self.options.loss)
        validation_loss, explained = together.as_first_says(judged, self.at)
        line = {
            "epoch": len(lines) + 1,
            "train_loss": progress["loss"] / progress["seen"],
            "validation_loss": validation_loss,
            "validation_R2": explained,
            "seconds": round(before + time.monotonic() - began, 4),
        }
        telling.finite(line)
        lines.append(line)
        self.early.step(validation_loss)
        if self.early.improved:
            self.best.update({name: one.cpu().clone() for name, one in self.network.state_dict().items()})
        progress.update(loss=0.0, seen=0, seconds=0.0)
        return line

    def result(self) -> Regression:
        """Return the network of the best epoch, by the loss on the validation part."""
        self.network.load_state_dict(self.best)
        return self.network.eval()


@torch.no_grad()
def validate(network: nn.Module, part: Patients, loss: str) -> list[float]:
    """Return the loss and R2 on patients that are not learned from."""
    network.eval()
    measured, progression = tensors(part, next(network.parameters()).device)
    lost = objective(loss, network(measured), network.standardised(progression)).item()
    return [lost, r2(pairs(part.progression, network.progression(measured).double().cpu().numpy()))]


def alone(train: Patients, validation: Patients, options: Options) -> Regression:
    """Return a model that was trained by this process, without checkpoints: one of a cross-validation."""
    training = Training(train, options)
    while not training.over:
        training.epoch(validation, training.sampler.advance)
    return training.result()
