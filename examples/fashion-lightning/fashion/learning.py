"""The training as Lightning wants it: what a step is, and what is noted after each epoch."""

from __future__ import annotations

import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop, l1, torch_optimizer

from . import telling
from .data import Parts
from .evaluate import OUTPUTS
from .model import objective
from .options import Options

METRICS = OUTPUTS / "metrics.jsonl"


class Learning(LightningModule):
    """One step of training, one of validation, and the optimizer: all by declaration."""

    def __init__(self, network: nn.Module, options: Options) -> None:
        super().__init__()
        self.network, self.options = network, options
        self.judged: list[Tensor] = []  # loss, right, count of each batch of the validation

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> dict[str, Tensor]:
        """Return what is made small, and the loss without L1."""
        ink, labels = batch
        loss = objective(self.options.loss, self.network(ink), labels)
        whole = loss + self.options.l1 * l1(self.network.parameters()) if self.options.l1 else loss
        return {"loss": whole, "objective": loss.detach() * len(labels), "count": len(labels)}

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        """Note how a batch is answered."""
        ink, labels = batch
        scores = self.network(ink)
        lost = objective(self.options.loss, scores, labels).double() * len(labels)
        self.judged.append(
            torch.stack([lost, (scores.argmax(1) == labels).sum(), lost.new_tensor(len(labels))])
        )

    def configure_optimizers(self) -> tuple[list[torch.optim.Optimizer], list[dict[str, Any]]]:
        """Return the declared optimizer, and the rate that falls with each step."""
        options, steps = self.options, self.trainer.estimated_stepping_batches
        optimizer = torch_optimizer(
            options.optimizer, self.network.parameters(), rate=options.rate, l2=options.l2
        )
        scheduler = LambdaLR(optimizer, lambda step: telling.rate_at(options, step / steps))
        return [optimizer], [{"scheduler": scheduler, "interval": "step"}]


class Epochs(Callback):
    """Writes a line for each epoch, keeps the best weights, and stops when nothing becomes better.

    Its state is a part of every checkpoint, so that a training that was cut off forgets none of it.
    """

    def __init__(self, parts: Parts, options: Options) -> None:
        super().__init__()
        self.parts, self.options = parts, options
        self.early = EarlyStop(options.patience)
        self.kept: dict[str, Any] = {"lines": [], "best": {}, "loss": 0.0, "seen": 0, "seconds": 0.0}
        self.clock = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of this."""
        return {"early": self.early.state_dict(), **self.kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.kept = dict(state_dict)
        self.early.load_state_dict(self.kept.pop("early"))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say what is learned from; the checkpoint leads: a line of an epoch that it has not seen goes."""
        self.clock = time.monotonic()
        if trainer.is_global_zero:
            keep_lines(METRICS, self.kept["lines"])
            telling.begin(self.parts, self.options, str(pl_module.device), len(self.kept["lines"]))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_more: Any
    ) -> None:
        """Add a batch up: of this process's share of the pictures."""
        self.kept["loss"] += float(outputs["objective"])
        self.kept["seen"] += outputs["count"]
        self._take_time()

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: Learning) -> None:
        """Write the epoch's line; what process 0 found decides in all of them."""
        self._take_time()
        judged, pl_module.judged = torch.stack(pl_module.judged).sum(0), []
        lost, right, count = trainer.strategy.broadcast(judged.tolist())
        line = {
            "epoch": len(self.kept["lines"]) + 1,
            "train_loss": self.kept["loss"] / self.kept["seen"],
            "validation_loss": lost / count,
            "validation_accuracy": right / count,
            "seconds": round(self.kept["seconds"], 3),
        }
        telling.finite(line)
        self.kept["lines"].append(line)
        trainer.should_stop = self.early.step(line["validation_loss"])
        if self.early.improved:
            weights = pl_module.network.state_dict()
            self.kept["best"] = {name: one.detach().cpu().clone() for name, one in weights.items()}
        self.kept.update(loss=0.0, seen=0, seconds=0.0)
        if trainer.is_global_zero:
            append_line(METRICS, line)
            telling.epoch(line, best=self.early.improved)

    def _take_time(self) -> None:
        now = time.monotonic()
        self.kept["seconds"] += now - self.clock
        self.clock = now
