"""What may be chosen about a training: settings.toml says it, and options of the same names override it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from provenv_runtime.recipe import Optimizer

from .errors import Fault


@dataclass(frozen=True)
class Options:
    """All that decides the result of a training, besides the data."""

    model: Annotated[Literal["linear", "mlp"], "a weighted sum, or a network with a hidden layer"] = "mlp"
    hidden: Annotated[int, "units of the hidden layer"] = 32
    epochs: Annotated[int, "how often it goes over the training part, at most"] = 300
    patience: Annotated[int, "it stops when the validation loss has not fallen for so many epochs"] = 30
    batch: Annotated[int, "patients in a step, of all processes together"] = 32
    optimizer: Annotated[Optimizer, "how the weights are moved"] = "adamw"
    rate: Annotated[float, "learning rate"] = 0.001
    loss: Annotated[Literal["mse", "l1"], "squared or absolute error is made small"] = "mse"
    l1: Annotated[float, "times the sum of the weights' absolute values"] = 0.0
    l2: Annotated[float, "L2, or the decay of adamw"] = 0.01
    dropout: Annotated[float, "share of the hidden units that is left out in training"] = 0.2
    folds: Annotated[int, "parts of the cross-validation; 0: none"] = 5
    seed: Annotated[int, "of the first weights, the order of the patients and the dropout"] = 1

    def __post_init__(self) -> None:
        """Raise Fault for numbers that mean nothing."""
        wrong = [name for name in ("hidden", "epochs", "patience", "batch") if getattr(self, name) < 1]
        wrong += [name for name in ("l1", "l2", "folds", "seed") if getattr(self, name) < 0]
        wrong += ["rate"] if not self.rate > 0 else []
        wrong += ["dropout"] if not 0 <= self.dropout < 1 else []
        wrong += ["folds"] if self.folds == 1 else []
        if wrong:
            raise Fault(f"`{wrong[0]}` can't be {getattr(self, wrong[0])}")

    def checkpoints(self, split: str) -> Path:
        """Return where this training's checkpoints lie.

        Other settings or other data have another folder, so a training only ever goes on from its own.
        """
        identity = json.dumps([asdict(self), split], sort_keys=True)
        return Path("checkpoints") / f"{self.model}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
