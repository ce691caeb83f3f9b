"""A trained model in use: its file, its scores for pictures, and their gradients."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from .errors import Fault
from .record import Record

FILE = "model.keras"
WORDS, KEYS = "fashion/record.json", "fashion/learned_from"
AT_ONCE = 250


@dataclass(frozen=True)
class Trained:
    """A network with all that is needed to use and to judge it."""

    network: keras.Model
    record: Record

    @property
    def parameters(self) -> int:
        """How many weights were learned."""
        return int(sum(np.prod(one.shape) for one in self.network.trainable_variables))

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all: Keras' own archive, with two more entries in it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".new-{path.name}")
        self.network.save(beside)
        with zipfile.ZipFile(beside, "a") as archive:
            archive.writestr(WORDS, self.record.words())
            archive.writestr(KEYS, self.record.keys())
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Trained:
        """Return the model that the file holds; code in it is never run. Raises Fault."""
        if not path.is_file():
            raise Fault(f"{path} is not there yet: train first")
        try:
            network = keras.saving.load_model(path, compile=False, safe_mode=True)
            with zipfile.ZipFile(path) as archive:
                record = Record.of(archive.read(WORDS).decode(), archive.read(KEYS))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise Fault(f"{path} is damaged, train again: {error}") from error
        return cls(network, record)

    def scores(self, ink: np.ndarray) -> np.ndarray:
        """Return the scores before the softmax (count, classes)."""
        return self.network.predict(ink, batch_size=AT_ONCE, verbose=0).astype(np.float64)

    def probabilities(self, ink: np.ndarray) -> np.ndarray:
        """Return a score in 0..1 for each picture and class; each row adds up to 1."""
        scores = self.scores(ink)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def gradients(self, ink: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return how the score of its class changes with each pixel of a picture, (count, 28, 28)."""
        taken = tf.convert_to_tensor(ink)
        with tf.GradientTape() as tape:
            tape.watch(taken)
            chosen = tf.gather(self.network(taken, training=False), classes, axis=1, batch_dims=1)
        return tape.gradient(chosen, taken).numpy().astype(np.float64)
