"""What the same characters cost without a neural network: counting, and two well-known compressors."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from provenv_runtime.estimates import Estimate, bootstrap

from .brown import Document
from .data import Alphabet, Parts, stream
from .ngram import NGram

ORDERS = (1, 3, 6)


@dataclass(frozen=True)
class Cost:
    """What a document costs: the bits of all of its characters."""

    document: Document
    bits: float

    @property
    def characters(self) -> int:
        """How many characters it has, spaces too."""
        return len(self.document.text)

    @cached_property
    def words(self) -> int:
        """How many stretches between white space there are."""
        return len(self.document.text.split())


def per_character(costs: Sequence[Cost]) -> float:
    """Return bits per character over several documents."""
    return sum(cost.bits for cost in costs) / sum(cost.characters for cost in costs)


def per_word(costs: Sequence[Cost]) -> float:
    """Return bits per word: the bits of ALL characters, spaces too, shared out among the words."""
    return sum(cost.bits for cost in costs) / sum(cost.words for cost in costs)


def counting(parts: Parts, alphabet: Alphabet) -> dict[str, list[Cost]]:
    """Return the test documents' costs by n-grams that were counted in the training part."""
    model = NGram(stream(parts.train, alphabet), max(ORDERS), len(alphabet))
    bits = [model.bits(alphabet.encode(document.text)) for document in parts.test]
    return {
        f"{order}-gram": [
            Cost(document, float(np.sum(by_order[order - 1])))
            for document, by_order in zip(parts.test, bits, strict=True)
        ]
        for order in ORDERS
    }


def compressors(documents: Sequence[Document]) -> dict[str, Estimate]:
    """Return bits per character of the documents in one file, compressed; nothing is learned before."""
    text = "\n".join(document.text for document in documents).encode()
    return {
        "xz -9": Estimate(8 * len(lzma.compress(text, preset=9)) / len(text)),
        "bzip2 -9": Estimate(8 * len(bz2.compress(text, 9)) / len(text)),
    }


def figures(counted: dict[str, list[Cost]], documents: Sequence[Document]) -> dict[str, Estimate]:
    """Return all baselines in bits per character, those of n-grams with intervals over documents."""
    grams = {name: bootstrap(per_character, costs) for name, costs in counted.items()}
    return {**grams, **compressors(documents)}
