"""Train with Keras: `python -m fashion.train`, with what settings.toml says.

Leaves in outputs/: metrics.jsonl (a line for each epoch), model.keras (the best epoch by validation) and what
`evaluate` leaves. Killed at any moment and started again, it goes on from the newest checkpoint and ends with
the same weights.
"""

from __future__ import annotations

import os
from dataclasses import asdict

import keras

from provenv_runtime.keras import Checkpoints
from provenv_runtime.recipe import keras_optimizer
from provenv_runtime.settings import settings

from . import data
from .data import Parts
from .epochs import Epochs
from .errors import run
from .evaluate import finish
from .inference import AT_ONCE, Trained
from .model import build, objective
from .options import Options
from .record import Record


def train(parts: Parts, options: Options) -> Trained:
    """Return the model of the best epoch, by the loss on the validation part."""
    keras.utils.set_random_seed(options.seed)
    network = build(options, *parts.normalisation)
    folder = options.checkpoints(parts.digest)
    checkpoints, epochs = Checkpoints(folder, every=100, keep=2), Epochs(parts, options, folder)
    batches = checkpoints.batches(
        data.ink(parts.train.pixels), parts.train.labels, batch_size=options.batch, seed=options.seed
    )
    loss = objective(options.loss)
    network.compile(
        optimizer=optimizer(options, len(batches)),
        loss=loss,
        metrics=["accuracy", keras.metrics.MeanMetricWrapper(loss, name="objective")],  # without L1 and L2
    )
    network.fit(
        batches,
        epochs=options.epochs,
        validation_data=(data.ink(parts.validation.pixels), parts.validation.labels),
        validation_batch_size=AT_ONCE,
        callbacks=[checkpoints, epochs],
        verbose=0,
    )
    network.load_weights(epochs.best)
    seconds = round(sum(line["seconds"] for line in epochs.lines), 1)
    learned_from = frozenset(parts.train.keys)
    record = Record(asdict(options), parts.digest, epochs.early.best_epoch, seconds, learned_from)
    return Trained(network, record)


def optimizer(options: Options, steps: int) -> keras.optimizers.Optimizer:
    """Return the declared optimizer, with the rate that falls over all steps of all epochs."""
    rate = options.rate
    if options.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(options.rate, options.epochs * steps)
    decay = options.l2 if options.optimizer == "adamw" else 0.0
    return keras_optimizer(options.optimizer, rate=rate, l2=decay)


def main() -> None:
    """Train with the declared settings, save the model, and judge it."""
    options = settings(Options)
    parts = data.load(options.most)
    finish(train(parts, options), parts)


if __name__ == "__main__":
    run(main)
