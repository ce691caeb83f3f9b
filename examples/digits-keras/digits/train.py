"""Train: `python -m digits.train`.

Leaves in the folder of outputs: `metrics.jsonl` (one line an epoch),
`checkpoint.keras` (after every epoch: a training that was killed goes on from
it and ends with the same result), `best.keras` and `model.keras` (the best
epoch by validation, with what is needed to judge it).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import keras

from . import command, data
from .callbacks import Batches, Keeper
from .command import Settings
from .errors import run
from .inference import Trained, read_network
from .model import build


def train(parts: data.Split, settings: Settings, outputs: Path, *, fresh: bool = False) -> Trained:
    """Train until the validation loss has not fallen for `patience` epochs; return the best epoch's model.

    Goes on from the checkpoint in `outputs` unless `fresh`. Raises DigitsError
    where that checkpoint is of other settings or data, or the loss is no number.
    """
    data.checked(parts)
    keras.utils.set_random_seed(settings.seed)
    identity = {
        "settings": asdict(settings),
        "data": data.fingerprint(parts),
        "backend": keras.backend.backend(),
    }
    batches = Batches(parts.train, settings.batch, settings.seed)
    keeper = Keeper(outputs, batches, settings.patience, identity)
    last = outputs / "checkpoint.keras"
    network = keeper.resume(last) if last.is_file() and not fresh else _new(parts, settings)
    done = len(keeper.epochs)
    command.begin(parts, keras.backend.backend(), done)
    if done < settings.epochs and not keeper.is_finished:
        network.fit(
            batches,
            initial_epoch=done,
            epochs=settings.epochs,
            validation_data=(parts.validation.pixels, parts.validation.labels),
            validation_batch_size=1024,
            callbacks=[keeper],
            shuffle=False,
            verbose=0,
        )
    learned_from = frozenset(data.digests(parts.train))
    best = read_network(outputs / "best.keras")
    return Trained(best, parts.train.name, settings.seed, keeper.best, learned_from)


def _new(parts: data.Split, settings: Settings) -> keras.Model:
    """Return a network that knows nothing yet, ready to learn."""
    network = build(parts.train.side, data.Normalisation.of(parts.train))
    network.compile(
        optimizer=keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return network


if __name__ == "__main__":
    run(lambda: command.main(train, __doc__))
