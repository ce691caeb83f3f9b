"""What happens around an epoch: the order of its images, its figures, and the checkpoint after it."""

from __future__ import annotations

import json
import math
import time
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from . import command, data, storage
from .errors import DigitsError
from .inference import read_network, write_network

TRAINING = "training.json"


class Batches(keras.utils.PyDataset):
    """The training part in batches, in an order that follows from (seed, epoch) alone."""

    def __init__(self, images: data.Images, size: int, seed: int) -> None:
        super().__init__()
        self.images, self.size, self.seed = images, size, seed
        self.begin(1)

    def begin(self, epoch: int) -> None:
        """Take the order of this epoch; it is the same for a training that goes on after a kill."""
        self.rows = list(data.batches(len(self.images), self.size, self.seed, epoch))

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.rows[index]
        return self.images.pixels[rows], self.images.labels[rows]


class Keeper(keras.callbacks.Callback):
    """Writes a line of `metrics.jsonl` and a checkpoint after each epoch, and stops when it gets no better.

    The checkpoint is one `.keras` file (weights and optimizer are Keras' own part
    of it) that also holds the figures: what it says is what was done.
    """

    def __init__(self, outputs: Path, batches: Batches, patience: int, identity: dict[str, Any]) -> None:
        super().__init__()
        self.outputs, self.batches, self.patience, self.identity = outputs, batches, patience, identity
        self.epochs: list[dict[str, Any]] = []
        self.started = 0.0

    @property
    def best(self) -> int:
        """Return the epoch with the lowest validation loss so far, 0 before the first."""
        return min(self.epochs, key=lambda line: line["validation_loss"])["epoch"] if self.epochs else 0

    @property
    def is_finished(self) -> bool:
        """Tell whether it has not become better for too long."""
        return len(self.epochs) - self.best >= self.patience

    def resume(self, path: Path) -> keras.Model:
        """Return the network of a checkpoint and take its figures.

        Raises DigitsError where it belongs to other settings or data, or is damaged.
        """
        network = read_network(path)
        try:
            with zipfile.ZipFile(path) as archive:
                state = json.loads(archive.read(TRAINING))
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise DigitsError(f"{path} cannot be read; train again with --fresh ({error})") from error
        if state["identity"] != self.identity:
            raise DigitsError(
                f"{path} belongs to a training with other settings or other data:"
                " pass --fresh to start again, or another --outputs to keep both"
            )
        self.epochs = state["epochs"]
        return network

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        # a line whose epoch did not get into the checkpoint is dropped here, and written again later
        storage.write_lines(self.outputs / "metrics.jsonl", self.epochs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.begin(epoch + 1)
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Dropout):
                # Keras does not save where its generators are: they follow from (seed, epoch) too
                layer.seed_generator.state.assign((self.batches.seed, epoch + 1))
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        found = {name: float(value) for name, value in (logs or {}).items()}
        line = {
            "epoch": epoch + 1,
            "train_loss": found["loss"],
            "validation_loss": found["val_loss"],
            "validation_accuracy": found["val_accuracy"],
            "seconds": round(time.perf_counter() - self.started, 4),
        }
        if not all(map(math.isfinite, line.values())):
            raise DigitsError(f"the loss of epoch {epoch + 1} is no number: try a smaller --learning-rate")
        self.epochs = [*self.epochs, line]
        state = {TRAINING: json.dumps({"identity": self.identity, "epochs": self.epochs})}
        if self.best == epoch + 1:
            write_network(self.outputs / "best.keras", self.model, state)
        write_network(self.outputs / "checkpoint.keras", self.model, state)
        storage.append_line(self.outputs / "metrics.jsonl", line)
        command.tell(line, best=self.best == line["epoch"])
        self.model.stop_training = self.is_finished
