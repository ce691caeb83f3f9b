"""What a model's file tells besides its weights: how it was made, and which patients it has learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KEY = 8  # bytes


@dataclass(frozen=True)
class Record:
    """How a model was made; `learned_from` lets an evaluation notice that it is judged on one of those.

    `folds` has R2 of each fold of the cross-validation, by what was trained.
    """

    settings: Mapping[str, Any]
    split: str
    epoch: int
    seconds: float
    learned_from: frozenset[bytes]
    folds: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def words(self) -> str:
        """Return all but the patients, as JSON."""
        told = ("settings", "split", "epoch", "seconds", "folds")
        return json.dumps({name: getattr(self, name) for name in told})

    def keys(self) -> bytes:
        """Return the patients' keys, one after the other."""
        return b"".join(sorted(self.learned_from))

    @classmethod
    def of(cls, words: str, keys: bytes) -> Record:
        """Return the record that `words` and `keys` told."""
        cut = frozenset(keys[place : place + KEY] for place in range(0, len(keys), KEY))
        return cls(**json.loads(words), learned_from=cut)
