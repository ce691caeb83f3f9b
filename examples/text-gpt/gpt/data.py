"""What is learned from and what is judged on: documents in three parts, their characters as numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from provenv_runtime import Item, data
from provenv_runtime.splitting import digest, split

from . import brown
from .brown import Document
from .errors import TextError

SHARES = {"train": 0.83, "validation": 0.06, "test": 0.11}
"""So that even the smallest genre, six documents, has one to be judged on."""
START = 0
"""The number that stands before each document: the model learns how texts begin."""
UNKNOWN = 1
CHARACTERS = "\n" + "".join(map(chr, range(0x20, 0x7F)))
"""Printable ASCII, known beforehand: nothing about the test part is learned from it."""


class Alphabet:
    """Characters as numbers and back."""

    def __init__(self, characters: str = CHARACTERS) -> None:
        self.characters = characters
        self._numbers = {character: number for number, character in enumerate(characters, UNKNOWN + 1)}

    def __len__(self) -> int:
        return len(self.characters) + UNKNOWN + 1

    def encode(self, text: str) -> np.ndarray:
        """Return the numbers of a text, START first."""
        numbers = self._numbers
        return np.array([START, *(numbers.get(one, UNKNOWN) for one in text)], dtype=np.int64)

    def decode(self, numbers: Iterable[int]) -> str:
        """Return the text of numbers, without START; what is unknown is a question mark."""
        return "".join(
            "?" if number == UNKNOWN else self.characters[number - UNKNOWN - 1]
            for number in numbers
            if number != START
        )

    def unknown(self, text: str) -> str:
        """Return the characters of a text that the model never saw."""
        return "".join(sorted(set(text) - set(self.characters)))


@dataclass(frozen=True)
class Parts:
    """The split corpus."""

    train: list[Document]
    validation: list[Document]
    test: list[Document]

    def named(self) -> dict[str, list[Document]]:
        """Return the parts by their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def keys(self) -> dict[str, list[bytes]]:
        """Return the content of each part's documents, as digests."""
        return {name: [key(document.text) for document in part] for name, part in self.named().items()}

    @property
    def digest(self) -> str:
        """The identity of this split."""
        return digest(self.keys())


def load(seed: int, documents: int = 0) -> Parts:
    """Return the corpus that `[data.brown]` declares, split by document, each genre in its share.

    With `documents`, only so many, taken evenly. Raises TextError where there are too few.
    """
    found = brown.read(data("brown"), documents)
    try:
        rows = split([key(one.text) for one in found], SHARES, seed=seed, strata=[one.genre for one in found])
    except ValueError as error:
        raise TextError(f"{len(found)} documents can't be split: {error}") from error
    return Parts(**{name: [found[row] for row in part] for name, part in rows.items()})


def key(text: str) -> bytes:
    """Return what is equal for equal texts."""
    return hashlib.sha256(text.encode()).digest()[:16]


def stream(documents: Sequence[Document], alphabet: Alphabet) -> np.ndarray:
    """Return all documents' characters in a row, START before each."""
    return np.concatenate([alphabet.encode(document.text) for document in documents])


def windows(text: np.ndarray, items: Sequence[Item], context: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what is read (items, context) and what is to be foretold: the character after each.

    Each item is a stretch of the text. Where in it the window begins follows from the item's key, which is
    another one in each epoch: no two epochs cut the text alike, and a resumed training cuts it as before.
    """
    last = len(text) - context - 1
    begins = np.array([min(last, item * context + item.key % context) for item in items])
    cut = text[begins[:, None] + np.arange(context + 1)]
    return cut[:, :-1], cut[:, 1:]
