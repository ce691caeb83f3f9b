"""What may be chosen, in settings.toml or on the command line (`--steps 500`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from provenv_runtime.recipe import Optimizer

from .errors import TextError


@dataclass(frozen=True)
class Settings:
    """All that decides the result of a training, and where it is written."""

    layers: Annotated[int, "blocks of attention and linear layers"] = 4
    heads: Annotated[int, "heads of attention in each block"] = 4
    width: Annotated[int, "numbers that stand for a character"] = 128
    context: Annotated[int, "characters that are looked back at"] = 128
    dropout: Annotated[float, "share of numbers left out at random while learning"] = 0.0
    optimizer: Annotated[Optimizer, "how the weights are moved"] = "adamw"
    rate: Annotated[float, "highest learning rate"] = 4e-3
    warm_up: Annotated[int, "steps in which the rate rises; then it falls as a cosine does"] = 100
    momentum: Annotated[float, "for momentum and nesterov"] = 0.9
    l2: Annotated[float, "weight decay"] = 0.1
    l1: Annotated[float, "weight of the sum of absolute weights"] = 0.0
    clip: Annotated[float, "longest gradient that is followed"] = 1.0
    batch: Annotated[int, "windows of text in a step, of all processes together"] = 16
    steps: Annotated[int, "steps of training at most"] = 2000
    every: Annotated[int, "steps between two looks at the validation part"] = 200
    patience: Annotated[int, "looks without anything better, after which training ends"] = 5
    judged: Annotated[int, "characters of the validation part that a look reads; 0: all"] = 40_000
    documents: Annotated[int, "documents taken of the corpus, evenly; 0: all"] = 0
    seed: Annotated[int, "of the split, the first weights, the order"] = 1
    outputs: Annotated[str, "folder of what training leaves"] = "outputs"
    checkpoints: Annotated[str, "folder that a training goes on from"] = "checkpoints"

    def __post_init__(self) -> None:
        """Raise TextError for values that do not go together."""
        if self.width % self.heads:
            raise TextError(f"width {self.width} can't be shared by {self.heads} heads: take a multiple")
        for name in ("layers", "heads", "width", "batch", "steps", "every", "patience"):
            if getattr(self, name) < 1:
                raise TextError(f"{name} has to be at least 1, and is {getattr(self, name)}")
        if self.context < 8:
            raise TextError(f"context has to be at least 8 characters, and is {self.context}")
        if not 0 <= self.dropout < 1:
            raise TextError(f"dropout has to be in 0 to 1, and is {self.dropout}")
