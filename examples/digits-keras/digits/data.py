"""The data: where it comes from, how it is split without leakage, how it is normalised."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from . import mnist
from .errors import DigitsError

CLASSES = tuple("0123456789")
# sha256 over the pixels and labels of scikit-learn's digits, as bytes: the figures in the README are about
# exactly these. A shifted label or a changed image does not go unnoticed.
DIGITS_SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
MNIST_CACHE = Path("outputs") / "mnist"


@dataclass(frozen=True)
class Images:
    """Square grey images: `pixels` (count, side, side), ink as float32 in 0..1; `labels` as int64."""

    name: str
    pixels: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def side(self) -> int:
        return self.pixels.shape[1]

    def take(self, rows: np.ndarray) -> Images:
        """Return only these rows."""
        return Images(self.name, self.pixels[rows], self.labels[rows])


@dataclass(frozen=True)
class Split:
    """Three parts that share no image: to learn from, to decide by, to be judged on once."""

    train: Images
    validation: Images
    test: Images


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of the ink, taken from the training part only."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, images: Images) -> Normalisation:
        return cls(float(images.pixels.mean()), float(images.pixels.std()) or 1.0)

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        return ((pixels - self.mean) / self.deviation).astype(np.float32)


class Leak(DigitsError):
    """An image stands in two parts of a split, so that the judgement would be worth nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--mnist` to a command."""
    parser.add_argument(
        "--mnist",
        metavar="DIR",
        default=os.environ.get("DIGITS_MNIST") or None,
        help="use real MNIST from this folder (IDX files, plain or .gz) or http(s) address"
        " instead of scikit-learn's digits; default: the variable DIGITS_MNIST",
    )


def load(mnist_source: str | None, seed: int) -> Split:
    """Return the split data set.

    Without a source: the 1797 digits of scikit-learn (8x8, the test part of the
    UCI set `Optical Recognition of Handwritten Digits`), split 70/15/15. With
    one: real MNIST (28x28), whose own test part is kept as it is.
    Raises DigitsError where the source is not what it should be.
    """
    if mnist_source is None:
        return split(sklearn_digits(), seed)
    arrays = mnist.read(mnist_source, MNIST_CACHE)
    learn = Images("mnist", _ink(arrays["train images"], 255), arrays["train labels"].astype(np.int64))
    test = Images("mnist", _ink(arrays["test images"], 255), arrays["test labels"].astype(np.int64))
    judged = set(digests(test))
    learn = learn.take(np.array([row for row, digest in enumerate(digests(learn)) if digest not in judged]))
    train, validation = _divide(learn, (0.9, 0.1), seed)
    return checked(Split(train, validation, test))


def sklearn_digits() -> Images:
    """Return scikit-learn's digits. Raises DigitsError where they are not the known ones."""
    data = load_digits()
    pixels, labels = data.images.astype(np.uint8), data.target.astype(np.uint8)
    digest = hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest()
    if digest != DIGITS_SHA256:
        raise DigitsError(f"scikit-learn's digits are not the known ones (sha256 {digest[:12]}...)")
    return Images("digits", _ink(pixels, 16), labels.astype(np.int64))


def split(images: Images, seed: int) -> Split:
    """Return `images` as 70% training, 15% validation and 15% test, the classes in equal shares in each.

    The same image written twice goes to one part as a whole. The same seed gives the same split.
    """
    return checked(Split(*_divide(images, (0.70, 0.15, 0.15), seed)))


def checked(parts: Split) -> Split:
    """Return the split as it is. Raises Leak where one image stands in two of its parts."""
    seen: dict[bytes, str] = {}
    for name, part in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        for row, digest in enumerate(digests(part)):
            if seen.setdefault(digest, name) != name:
                raise Leak(f"leak: image {row} of the {name} part also stands in the {seen[digest]} part")
    return parts


def digests(images: Images) -> list[bytes]:
    """Return 16 bytes for each image that are equal exactly where the pixels are equal."""
    return [hashlib.sha256(image.tobytes()).digest()[:16] for image in np.ascontiguousarray(images.pixels)]


def fingerprint(parts: Split) -> str:
    """Return a sha256 that tells this split from any other: pixels, labels, and who is in which part."""
    digest = hashlib.sha256()
    for part in (parts.train, parts.validation, parts.test):
        digest.update(str(part.pixels.shape).encode() + part.pixels.tobytes() + part.labels.tobytes())
    return digest.hexdigest()


def batches(count: int, size: int, seed: int, epoch: int) -> Iterable[np.ndarray]:
    """Yield the rows of each batch of an epoch.

    The order follows from (seed, epoch) alone, so that a training that was
    killed goes on with the very batches that it would have seen.
    """
    order = np.random.default_rng((seed, epoch)).permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def _divide(images: Images, shares: Sequence[float], seed: int) -> list[Images]:
    """Split by class: each class's groups of equal images are shuffled and dealt out by the shares."""
    groups: dict[bytes, list[int]] = {}
    for row, digest in enumerate(digests(images)):
        groups.setdefault(digest, []).append(row)
    by_class: dict[int, list[list[int]]] = {}
    for rows in groups.values():
        by_class.setdefault(int(images.labels[rows[0]]), []).append(rows)

    random = np.random.default_rng(seed)
    parts: list[list[int]] = [[] for _ in shares]
    bounds = np.cumsum(shares)[:-1]
    for label in sorted(by_class):
        members = by_class[label]
        shuffled = [members[place] for place in random.permutation(len(members))]
        cuts = [0, *(round(bound * len(shuffled)) for bound in bounds), len(shuffled)]
        for part, start, end in zip(parts, cuts[:-1], cuts[1:], strict=True):
            part.extend(row for group in shuffled[start:end] for row in group)
    return [images.take(np.array(sorted(part), dtype=np.int64)) for part in parts]


def _ink(pixels: np.ndarray, full: int) -> np.ndarray:
    return pixels.astype(np.float32) / full
