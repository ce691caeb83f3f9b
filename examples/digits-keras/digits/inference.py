"""A trained model in use: its file, and its scores for images."""

from __future__ import annotations

import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from . import storage
from .data import Images
from .errors import DigitsError

FILE = "model.keras"
ABOUT = "digits.json"


@dataclass
class Trained:
    """A network with all that it needs to be used and judged.

    `seed` made its split; `learned_from` has the digest of every image it was
    trained on, so that a later evaluation can tell whether it is judged on one of them.
    """

    network: keras.Model
    data: str
    seed: int
    epoch: int
    learned_from: frozenset[bytes]

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all: Keras' own archive, with one more entry in it."""
        about = {
            "data": self.data,
            "seed": self.seed,
            "epoch": self.epoch,
            "learned_from": sorted(digest.hex() for digest in self.learned_from),
        }
        write_network(path, self.network, {ABOUT: json.dumps(about)})

    @classmethod
    def load(cls, path: Path) -> Trained:
        """Return the model that the file holds."""
        network = read_network(path)
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read(ABOUT))
        learned_from = frozenset(bytes.fromhex(digest) for digest in about["learned_from"])
        return cls(network, about["data"], about["seed"], about["epoch"], learned_from)

    @property
    def parameters(self) -> int:
        """Return how many numbers were learned."""
        return int(sum(np.prod(value.shape) for value in self.network.trainable_weights))

    def check_data(self, images: Images) -> None:
        """Raise DigitsError where `images` are not of the kind that the model was trained on."""
        if images.name != self.data:
            raise DigitsError(
                f"the model was trained on {self.data}, and these images are {images.name}:"
                " give the same --mnist (or DIGITS_MNIST) as in training, or train again"
            )

    def probabilities(self, images: Images) -> np.ndarray:
        """Return a score in 0..1 for each image and class; each row adds up to 1."""
        scores = self.network.predict(images.pixels, batch_size=1024, verbose=0).astype(np.float64)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def write_network(path: Path, network: keras.Model, entries: dict[str, str]) -> None:
    """Write a `.keras` file with more entries beside Keras' own, whole or not at all."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "network.keras"
        network.save(made)
        with zipfile.ZipFile(made, "a") as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        storage.write(path, made.read_bytes())


def read_network(path: Path) -> keras.Model:
    """Return the network of a `.keras` file; code in it is never run (`safe_mode`).

    Raises DigitsError where it is missing or damaged.
    """
    if not path.is_file():
        raise DigitsError(f"{path} is not there yet: run `python -m digits.train` first")
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DigitsError(f"{path} cannot be read; remove it and train again ({error})") from error
