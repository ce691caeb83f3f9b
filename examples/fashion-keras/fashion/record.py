"""What a model's file tells besides its weights: how it was made, and which pictures it has learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .data import Parts
from .options import Options

KEY = 8  # bytes


@dataclass(frozen=True)
class Record:
    """How a model was made; `learned_from` lets an evaluation notice that it is judged on one of those."""

    settings: Mapping[str, Any]
    split: str
    epoch: int
    seconds: float
    learned_from: frozenset[bytes]

    def words(self) -> str:
        """Return all but the pictures, as JSON."""
        return json.dumps(
            {"settings": self.settings, "split": self.split, "epoch": self.epoch, "seconds": self.seconds}
        )

    def keys(self) -> bytes:
        """Return the pictures' keys, one after the other."""
        return b"".join(sorted(self.learned_from))

    @classmethod
    def of(cls, words: str, keys: bytes) -> Record:
        """Return the record that `words` and `keys` told."""
        cut = frozenset(keys[place : place + KEY] for place in range(0, len(keys), KEY))
        return cls(**json.loads(words), learned_from=cut)


def record_of(parts: Parts, options: Options, epoch: int, lines: Sequence[Mapping[str, Any]]) -> Record:
    """Return the record of a training that ended: its best epoch, and all of its metrics' lines."""
    seconds = round(sum(line["seconds"] for line in lines), 1)
    return Record(asdict(options), parts.digest, epoch, seconds, frozenset(parts.train.keys))
