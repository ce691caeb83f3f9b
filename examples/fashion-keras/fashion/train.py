"""Train with Keras: `python -m fashion.train`, with what settings.toml says.

Leaves in outputs/: metrics.jsonl (a line for each epoch), model.keras (the best epoch by validation) and what
`evaluate` leaves. Killed at any moment and started again, it goes on from the newest checkpoint and ends with
the same weights.
"""

from __future__ import annotations

import os

import keras

from provenv_runtime.keras import Checkpoints
from provenv_runtime.settings import settings

from . import data
from .data import Parts
from .epochs import Epochs
from .errors import run
from .evaluate import finish
from .inference import AT_ONCE, Trained
from .model import build, objective, optimizer
from .options import Options
from .record import record_of
from .together import train_together


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
    return Trained(network, record_of(parts, options, epochs.early.best_epoch, epochs.lines))


def main() -> None:
    """Train with the declared settings, save the model, and judge it."""
    options = settings(Options)
    parts = data.load(options.most)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        finish(train(parts, options), parts)
    else:
        train_together(parts, options, finish)


if __name__ == "__main__":
    run(main)
