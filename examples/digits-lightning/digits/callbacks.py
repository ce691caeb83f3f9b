"""What happens at the end of an epoch: its figures are written down, and its state is kept."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint

from . import command, storage
from .errors import DigitsError


class Metrics(Callback):
    """Writes a line of `metrics.jsonl` for each epoch; they travel in the checkpoint, which leads.

    So does `identity`: to which settings and data the checkpoint belongs.
    """

    def __init__(self, path: Path, identity: dict[str, Any]) -> None:
        self.path, self.identity = path, identity
        self.epochs: list[dict[str, Any]] = []
        self.started = 0.0

    @property
    def best(self) -> int:
        """Return the epoch with the lowest validation loss so far, 0 before the first."""
        return min(self.epochs, key=lambda line: line["validation_loss"])["epoch"] if self.epochs else 0

    def is_finished(self, epochs: int, patience: int) -> bool:
        """Tell whether nothing is left to be trained."""
        return len(self.epochs) >= epochs or len(self.epochs) - self.best >= patience

    def state_dict(self) -> dict[str, Any]:
        return {"identity": self.identity, "epochs": self.epochs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.epochs = state_dict["epochs"]

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        # a line whose epoch did not get into the checkpoint is dropped here, and written again later
        storage.write_lines(self.path, self.epochs)

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self.started = time.perf_counter()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        found = {name: float(value) for name, value in trainer.callback_metrics.items()}
        names = ("train_loss", "validation_loss", "validation_accuracy")
        seconds = round(time.perf_counter() - self.started, 4)
        epoch = trainer.current_epoch + 1
        if not all(math.isfinite(found[name]) for name in names):
            raise DigitsError(f"the loss of epoch {epoch} is no number: try a smaller --learning-rate")
        line = {"epoch": epoch, **{name: found[name] for name in names}, "seconds": seconds}
        self.epochs = [*self.epochs, line]
        storage.append_line(self.path, line)
        command.tell(line, best=self.best == line["epoch"])


class RandomState(Callback):
    """Keeps torch's random generators in the checkpoint: dropout goes on where it was killed."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"cpu": torch.get_rng_state(), "cuda": _cuda()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.kept = state_dict

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if self.kept is None:
            return
        torch.set_rng_state(self.kept["cpu"].cpu())
        if len(self.kept["cuda"]) == len(_cuda()):
            torch.cuda.set_rng_state_all([state.cpu() for state in self.kept["cuda"]])
        self.kept = None


def keep_best_and_last(folder: Path) -> tuple[ModelCheckpoint, ModelCheckpoint]:
    """Return the callbacks that keep `best.ckpt` by validation loss, and `last.ckpt` after every epoch.

    The last one is written last: what it knows of is there.
    """
    shared = {"dirpath": folder, "save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(filename="best", monitor="validation_loss", **shared)
    return best, ModelCheckpoint(filename="last", **shared)


def _cuda() -> list[torch.Tensor]:
    return torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
