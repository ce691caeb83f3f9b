"""What is noted after each epoch: its line, the best weights, and whether to stop."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import keras

from provenv_runtime.outputs import append_line, keep_lines
from provenv_runtime.recipe import EarlyStop

from . import telling
from .data import Parts
from .evaluate import OUTPUTS
from .options import Options

METRICS = OUTPUTS / "metrics.jsonl"
NAMES = {
    "train_loss": "objective",
    "validation_loss": "val_objective",
    "validation_accuracy": "val_accuracy",
    "seconds": "seconds",
}


class Epochs(keras.callbacks.Callback):
    """Writes a line for each epoch, keeps the best weights, and stops when nothing becomes better.

    All that it knows follows from Keras' history, which the checkpoints keep: so a training that was cut off
    forgets none of it. It has to come after `Checkpoints` in the list.
    """

    def __init__(self, parts: Parts, options: Options, folder: Path) -> None:
        super().__init__()
        self.parts, self.options = parts, options
        self.best = folder.with_name(f"{folder.name}-best.weights.h5")
        self.early = EarlyStop(options.patience)
        self.lines: list[dict[str, Any]] = []
        self.clock = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        """Say what is learned from; the checkpoint leads: a line of an epoch that it has not seen goes."""
        history = self.model.history.history
        values = zip(*(history.get(name, ()) for name in NAMES.values()), strict=True)
        self.lines = [_line(number, *one) for number, one in enumerate(values, 1)]
        for line in self.lines:
            self.early.step(line["validation_loss"])
        keep_lines(METRICS, self.lines)
        telling.begin(self.parts, self.options, f"Keras on {keras.backend.backend()}", len(self.lines))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin to count the time: of an epoch that was cut off, only the part since."""
        self.clock = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note how the epoch went, where Keras' history finds it too."""
        logs["seconds"] = round(time.monotonic() - self.clock, 3)
        line = _line(epoch + 1, *(float(logs[name]) for name in NAMES.values()))
        telling.finite(line)
        self.lines.append(line)
        self.model.stop_training = self.early.step(line["validation_loss"])
        if self.early.improved:
            beside = self.best.with_name(f"new-{self.best.name}")
            beside.parent.mkdir(parents=True, exist_ok=True)
            self.model.save_weights(beside)
            beside.replace(self.best)
        append_line(METRICS, line)
        telling.epoch(line, best=self.early.improved)


def _line(number: int, *values: float) -> dict[str, Any]:
    return {"epoch": number, **dict(zip(NAMES, values, strict=True))}
