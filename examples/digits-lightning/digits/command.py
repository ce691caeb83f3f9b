"""The command `python -m digits.train`: its options, and a model that is believed once it was read back."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from . import data
from .errors import DigitsError
from .inference import FILE, Trained


@dataclass(frozen=True)
class Settings:
    """What decides the result of a training."""

    seed: int = 1
    epochs: int = 40
    patience: int = 6
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2


def main(train: Callable[..., Trained], about: str) -> None:
    """Read the command line, call `train(parts, settings, outputs, fresh=...)`, and save the model."""
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m digits.train", description=about.splitlines()[0])
    data.add_arguments(parser)
    parser.add_argument("--outputs", type=Path, default=Path("outputs"), metavar="DIR")
    parser.add_argument("--fresh", action="store_true", help="start again even where a checkpoint lies")
    for name, value in asdict(defaults).items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=type(value), default=value, help=f"default: {value}")
    options = parser.parse_args()
    settings = Settings(**{name: getattr(options, name) for name in asdict(defaults)})
    parts = data.load(options.mnist, settings.seed)
    started = time.perf_counter()
    model = train(parts, settings, options.outputs, fresh=options.fresh)
    save(model, options.outputs / FILE, parts.validation)
    print(
        f"the best epoch was {model.epoch}; {options.outputs / FILE} is saved, and answers the same"
        f" when it is loaded again ({time.perf_counter() - started:.1f} s)"
    )


def save(model: Trained, path: Path, images: data.Images) -> None:
    """Save the model, load it again, and compare what both say about `images`, bit for bit."""
    model.save(path)
    before, after = model.probabilities(images), Trained.load(path).probabilities(images)
    if not np.array_equal(before, after):
        raise DigitsError(f"{path} was saved, but what is loaded from it answers differently")


def begin(parts: data.Split, device: object, done: int) -> None:
    """Say what is learned from, and where a training that was killed goes on."""
    print(
        f"{parts.train.name}: {len(parts.train)} images to learn from, {len(parts.validation)} to validate by"
        f" · {device}" + (f" · going on after epoch {done}" if done else ""),
        flush=True,
    )


def tell(line: dict[str, float], *, best: bool) -> None:
    """Say how an epoch went."""
    print(
        f"epoch {line['epoch']:>2}   loss {line['train_loss']:.4f}"
        f"   validation {line['validation_loss']:.4f}   accuracy {line['validation_accuracy']:6.1%}"
        f"   {line['seconds']:.2f} s{'   best so far' if best else ''}",
        flush=True,
    )
