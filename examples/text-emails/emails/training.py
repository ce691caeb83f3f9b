"""The training itself: its steps, the end of an epoch, and all that a checkpoint holds of it."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from provenv_runtime import Sampler, data, state
from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer

from . import corpus, encoder, group
from .choices import Settings
from .errors import EmailsError

OUTPUTS = Path("outputs")


def loss_of(logits: Tensor, labels: Tensor, chosen: Settings) -> Tensor:
    """Return the loss that the settings name."""
    if chosen.loss == "mse":
        return nn.functional.mse_loss(logits.softmax(1), nn.functional.one_hot(labels, 2).float())
    return nn.functional.cross_entropy(logits, labels)


def falling(step: int, steps: int) -> float:
    """Return the share of the learning rate in a step: up for a tenth of the steps, then down to nothing."""
    warm = max(1, steps // 10)
    return min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))


def checkpoints(parts: corpus.Corpus, chosen: Settings) -> Path:
    """Return the folder of this training's checkpoints: other settings or mails have another one."""
    identity = f"{sorted(asdict(chosen).items())} {parts.digest}"
    return Path("checkpoints") / sha256(identity.encode()).hexdigest()[:12]


class Training:
    """All that changes while it trains; a checkpoint holds the same things."""

    def __init__(self, parts: corpus.Corpus, chosen: Settings, place: group.Group) -> None:
        if chosen.batch % place.size:
            raise EmailsError(f"a batch of {chosen.batch} mails can't be shared by {place.size} processes")
        self.chosen, self.place = chosen, place
        self.lower, self.upper = encoder.build(data("minilm"), chosen, place.device)
        self.joined = place.joined(self.upper)
        mails = parts.part("train")
        self.labels = torch.tensor([mail.label for mail in mails], device=place.device)
        self.features = self.lower.features([mail.text for mail in mails])
        held_out = parts.part("validation")
        self.held_out = self.lower.features([mail.text for mail in held_out])
        self.held_out_labels = torch.tensor([mail.label for mail in held_out])
        self.sampler = Sampler(len(mails), seed=chosen.seed, batch_size=chosen.batch // place.size)
        steps = chosen.epochs * len(self.sampler)
        self.optimizer = torch_optimizer(
            chosen.optimizer,
            self.upper.parameters(),
            rate=chosen.rate,
            l2=chosen.l2,
            momentum=chosen.momentum,
        )
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: falling(step, steps))
        self.early = EarlyStop(chosen.patience)
        self.best: dict[str, Tensor] = {}
        self.lines: list[dict[str, Any]] = []
        self.running: dict[str, float] = {"loss": 0.0, "steps": 0, "seconds": 0.0}
        self.kept = state(
            checkpoints(parts, chosen),
            model=self.upper,
            optimizer=self.optimizer,
            scheduler=self.scheduler,
            loader=self.sampler,
            early=self.early,
            best=self.best,
            lines=self.lines,
            running=self.running,
            every=max(1, len(self.sampler) // 4),
            keep=2,
        )

    def step(self, rows: list[int]) -> None:
        """Learn from one batch."""
        began = time.perf_counter()
        self.joined.train()
        batch = encoder.padded([self.features[row] for row in rows], self.place.device)
        with encoder.autocast(self.lower.kept, self.place.device):
            logits = self.joined(*batch)
        loss = loss_of(logits, self.labels[rows], self.chosen)
        whole = loss + self.chosen.l1 * l1(self.upper.parameters()) if self.chosen.l1 else loss
        self.optimizer.zero_grad(set_to_none=True)
        whole.backward()
        nn.utils.clip_grad_norm_(self.upper.parameters(), 1.0)
        self.optimizer.step()
        self.scheduler.step()
        self.running["loss"] += self.place.mean(loss)
        self.running["steps"] += 1
        self.running["seconds"] += time.perf_counter() - began
        self.kept.stepped()

    def finish_epoch(self) -> None:
        """Look at the validation part, keep the weights if they are the best, and write the epoch's line."""
        logits = encoder.logits(self.upper, self.held_out, self.lower.kept, self.place.device)
        loss = loss_of(logits, self.held_out_labels, self.chosen).item()
        train_loss = self.running["loss"] / self.running["steps"]
        if not (math.isfinite(loss) and math.isfinite(train_loss)):
            raise EmailsError(f"the loss of epoch {self.early.epoch + 1} is no number: try a smaller rate")
        self.early.step(loss)
        if self.early.improved:
            self.best.update(
                {name: value.detach().clone() for name, value in self.upper.state_dict().items()}
            )
        line = {
            "epoch": self.early.epoch,
            "train_loss": train_loss,
            "validation_loss": loss,
            "validation_accuracy": (logits.argmax(1) == self.held_out_labels).double().mean().item(),
            "seconds": round(self.running["seconds"], 2),
        }
        self.lines.append(line)
        self.running.update(loss=0.0, steps=0, seconds=0.0)
        self.kept.save()
        if self.place.first:
            append_line(OUTPUTS / "metrics.jsonl", line)
            figures = "  ".join(f"{name} {value:.4g}" for name, value in line.items())
            print(figures + ("  best" if self.early.improved else ""), flush=True)

    def run(self) -> None:
        """Train from wherever a checkpoint left it to the last epoch, or until nothing became better."""
        self.kept.restore()
        if self.place.first:
            # the checkpoint leads: a line that it does not hold is written again
            keep_lines(OUTPUTS / "metrics.jsonl", self.lines)
        while True:
            if self.sampler.epoch > self.early.epoch:
                self.finish_epoch()
            if self.early.epoch >= self.chosen.epochs or self.early.stop:
                break
            for rows in self.sampler:
                self.step(rows)
        self.kept.close()
