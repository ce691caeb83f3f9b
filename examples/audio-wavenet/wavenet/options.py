"""What may be chosen by declaration: `settings.toml`, or `--name value` on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from provenv_runtime.recipe import Optimizer


@dataclass(frozen=True)
class Settings:
    """What decides the result of a training."""

    seed: Annotated[int, "of the split, the weights and the order"] = 1
    epochs: Annotated[int, "passes, at most; each hears a third of a second of every `every` seconds"] = 3
    every: Annotated[float, "seconds of a prompt from which a pass takes one window"] = 10.0
    patience: Annotated[int, "epochs without better validation bits before it ends"] = 2
    batch: Annotated[int, "windows of one step, over all processes"] = 2
    window: Annotated[int, "samples that are learned from in a window; 8000 are a second"] = 3000
    output: Annotated[
        Literal["logistics", "softmax"], "five logistic curves (fast to learn), or 256 free values (2016)"
    ] = "logistics"
    optimizer: Annotated[Optimizer, "how the weights are moved"] = "adam"
    rate: Annotated[float, "the highest learning rate; it rises in the first tenth, then falls"] = 4e-3
    l1: Annotated[float, "weight of the weights' absolute values in the loss"] = 0.0
    l2: Annotated[float, "weight decay"] = 0.0
    channels: Annotated[int, "width of the residual path"] = 32
    dilations: Annotated[int, "layers of a stack: 1, 2, 4 ... samples apart"] = 9
    stacks: Annotated[int, "how often the dilations are run through"] = 2
    sound: Annotated[float, "seconds of each sound that is made when the training has ended"] = 1.5
    most: Annotated[int, "prompts to take, for a quick trial; 0 takes all"] = 0
