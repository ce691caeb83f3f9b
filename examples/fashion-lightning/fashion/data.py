"""The data: where it comes from, how it is split without leakage, how it is normalised."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from provenv_runtime import DataMissing, data
from provenv_runtime.evaluation import checks
from provenv_runtime.splitting import digest, split

from .errors import Fault

CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
SIDE = 28
FILES = {
    "train-images": "train-images-idx3-ubyte",
    "train-labels": "train-labels-idx1-ubyte",
    "test-images": "t10k-images-idx3-ubyte",
    "test-labels": "t10k-labels-idx1-ubyte",
}
SHARES = {"train": 0.9, "validation": 0.1}
SPLIT_SEED = 0  # another training seed trains another network on the same parts


@dataclass(frozen=True)
class Pictures:
    """Grey pictures: `pixels` (count, 28, 28) as bytes, bright on black; `labels` as whole numbers."""

    pixels: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def keys(self) -> list[bytes]:
        """Eight bytes for each picture, equal exactly where the pixels are equal."""
        return [hashlib.blake2b(one.tobytes(), digest_size=8).digest() for one in self.pixels]

    def take(self, rows: np.ndarray) -> Pictures:
        """Return only these rows."""
        return Pictures(self.pixels[rows], self.labels[rows])

    def first(self, most: int) -> Pictures:
        """Return the first `most` pictures, the same number of each class."""
        each = -(-most // len(CLASSES))
        rows = [np.flatnonzero(self.labels == label)[:each] for label in range(len(CLASSES))]
        return self.take(np.sort(np.concatenate(rows)))


@dataclass(frozen=True)
class Parts:
    """Three parts that share no picture: to learn from, to decide by, to be judged on once."""

    train: Pictures
    validation: Pictures
    test: Pictures

    @cached_property
    def named(self) -> Mapping[str, Pictures]:
        """The parts by their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @cached_property
    def digest(self) -> str:
        """The identity of this split: every picture with its label, and which part it is in."""
        return digest(
            {
                name: [key + bytes([label]) for key, label in zip(part.keys, part.labels, strict=True)]
                for name, part in self.named.items()
            }
        )

    @cached_property
    def normalisation(self) -> tuple[float, float]:
        """Mean and standard deviation of the ink, of the training part only."""
        ink = self.train.pixels / np.float32(255)
        return float(ink.mean(dtype=np.float64)), float(ink.std(dtype=np.float64)) or 1.0


def load(most: int = 0) -> Parts:
    """Return the data set's 60,000 training pictures as 90 % and 10 %, evenly over classes, and its own test.

    `most` leaves so many of the training part. Raises Fault where a file is not what it should be, or where
    two parts share a picture; DataMissing where nobody told where the data lies.
    """
    learn, test = _pictures("train"), _pictures("test")
    rows = split(learn.keys, SHARES, seed=SPLIT_SEED, strata=learn.labels.tolist())
    train, validation = (learn.take(np.array(rows[name])) for name in SHARES)
    parts = Parts(train.first(most) if 0 < most < len(train) else train, validation, test)
    for check in checks(keys={name: part.keys for name, part in parts.named.items()}):
        if not check.ok:
            raise Fault(check.said)
    return parts


def ink(pixels: np.ndarray) -> np.ndarray:
    """Return pixels as the networks take them: 0 to 1."""
    return pixels.astype(np.float32) / np.float32(255)


def _pictures(part: str) -> Pictures:
    images, labels = _file(f"{part}-images"), _file(f"{part}-labels")
    pictures = Pictures(_idx(images, 3), _idx(labels, 1).astype(np.int64))
    if pictures.pixels.shape != (len(pictures.labels), SIDE, SIDE):
        raise Fault(f"{images} has pictures of {pictures.pixels.shape}, {labels} {len(pictures)} labels")
    if not len(pictures) or pictures.labels.max() >= len(CLASSES):
        raise Fault(f"{labels} has no labels, or others than 0 to {len(CLASSES) - 1}")
    return pictures


def _file(kind: str) -> Path:
    """Return a file in the folder `[data.fashion]`, or the file that a set of its own is declared for."""
    try:
        folder = data("fashion")
    except DataMissing as missing:
        try:
            return data(f"fashion-{kind}")
        except DataMissing:
            raise missing from None
    for name in (FILES[kind], f"{FILES[kind]}.gz"):
        if (folder / name).is_file():
            return folder / name
    raise Fault(f"there is no {FILES[kind]} (nor .gz) in {folder}")


def _idx(path: Path, dimensions: int) -> np.ndarray:
    """Return what an IDX file holds (LeCun's format: big-endian sizes, then bytes), packed by gzip or not."""
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise Fault(f"{path} can't be read: {error}") from error
    start = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) < start:
        raise Fault(f"{path} is no IDX file of bytes in {dimensions} dimensions")
    shape = tuple(np.frombuffer(content, ">u4", dimensions, 4).tolist())
    if len(content) - start != int(np.prod(shape)):
        raise Fault(f"{path} is torn: {len(content) - start} bytes for {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
