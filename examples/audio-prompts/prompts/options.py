"""What may be chosen by declaration: `settings.toml`, or `--name value` on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from provenv_runtime.recipe import Optimizer


@dataclass(frozen=True)
class Settings:
    """What decides the result of a training."""

    seed: Annotated[int, "of the split, the weights, the order and the augmentation"] = 1
    epochs: Annotated[int, "passes over the training part, at most"] = 10
    patience: Annotated[int, "epochs without a better validation loss before it ends"] = 4
    batch: Annotated[int, "windows of one step, over all processes"] = 64
    loss: Annotated[Literal["cross-entropy", "mse"], "mse: squared error of the probabilities"] = (
        "cross-entropy"
    )
    optimizer: Annotated[Optimizer, "how the weights are moved"] = "adamw"
    rate: Annotated[float, "the highest learning rate; it rises in the first tenth, then falls"] = 4e-3
    l1: Annotated[float, "weight of the weights' absolute values in the loss"] = 0.0
    l2: Annotated[float, "weight decay"] = 1e-2
    dropout: Annotated[float, "share of features that are left out while learning"] = 0.3
    width: Annotated[int, "channels of the first convolution; a multiple of 4"] = 16
    shift: Annotated[float, "augmentation: seconds that a window moves, at most"] = 0.5
    speed: Annotated[float, "augmentation: how much faster or slower, and so higher or lower, at most"] = 0.1
    noise: Annotated[float, "augmentation: level of the loudest noise; speech has 0.1"] = 0.01
    most: Annotated[int, "prompts to take, for a quick trial; 0 takes all"] = 0
