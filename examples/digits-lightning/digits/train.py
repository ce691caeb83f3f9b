"""Train: `python -m digits.train`.

Leaves in the folder of outputs: `metrics.jsonl` (one line an epoch),
`checkpoints/` (Lightning's, after every epoch: a training that was killed goes
on from the last and ends with the same result) and `model.pt` (the best epoch
by validation).
"""

from __future__ import annotations

import logging
import shutil
import warnings
from dataclasses import asdict
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping

from . import command, data, tensor_file
from .callbacks import Metrics, RandomState, keep_best_and_last
from .command import Settings
from .errors import DigitsError, run
from .inference import Trained
from .lightning_parts import Digits, Recogniser
from .model import DigitNet, make_repeatable


def train(parts: data.Split, settings: Settings, outputs: Path, *, fresh: bool = False) -> Trained:
    """Train until the validation loss has not fallen for `patience` epochs; return the best epoch's model.

    Goes on from the last checkpoint in `outputs` unless `fresh`. Raises
    DigitsError where that checkpoint is of other settings or data, or the loss is no number.
    """
    data.checked(parts)
    lightning.seed_everything(settings.seed, workers=True, verbose=False)
    make_repeatable(settings.seed)
    folder = outputs / "checkpoints"
    if fresh and folder.is_dir():
        shutil.rmtree(folder)
    identity = {"settings": asdict(settings), "data": data.fingerprint(parts)}
    digits = Digits(parts, settings)
    recogniser = Recogniser(DigitNet(parts.train.side), settings)
    metrics = Metrics(outputs / "metrics.jsonl", identity)
    last = _last(folder / "last.ckpt", metrics)

    trainer = lightning.Trainer(
        accelerator="gpu" if torch.cuda.is_available() else "cpu",
        devices=1,
        max_epochs=settings.epochs,
        deterministic="warn",
        callbacks=[
            metrics,
            RandomState(),
            EarlyStopping("validation_loss", patience=settings.patience),
            *keep_best_and_last(folder),
        ],
        logger=False,
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    command.begin(parts, trainer.strategy.root_device, len(metrics.epochs))
    if not metrics.is_finished(settings.epochs, settings.patience):
        trainer.fit(recogniser, datamodule=digits, ckpt_path=last, weights_only=True)
    best = tensor_file.load(folder / "best.ckpt")
    recogniser.load_state_dict(best["state_dict"])
    learned_from = frozenset(data.digests(parts.train))
    network = recogniser.network.to(trainer.strategy.root_device).eval()
    return Trained(network, digits.normalisation, parts.train.name, settings.seed, metrics.best, learned_from)


def _last(path: Path, metrics: Metrics) -> Path | None:
    """Return the checkpoint to go on from, its figures read into `metrics`; None where there is none."""
    if not path.is_file():
        return None
    kept = tensor_file.load(path)["callbacks"].get(metrics.state_key, {})
    if kept.get("identity") != metrics.identity:
        raise DigitsError(
            f"{path} belongs to a training with other settings or other data:"
            " pass --fresh to start again, or another --outputs to keep both"
        )
    metrics.load_state_dict(kept)
    return path


def main() -> None:
    """Train by the command line; Lightning tells at length which devices it found: that is kept quiet."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    command.main(train, __doc__)


if __name__ == "__main__":
    run(main)
