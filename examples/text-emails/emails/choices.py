"""What may be chosen about a training: settings.toml says it, the command line may say it otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from provenv_runtime.recipe import Optimizer

from .errors import EmailsError


@dataclass(frozen=True)
class Settings:
    """One training, by declaration."""

    mails: Annotated[int, "how many mails of the corpus, drawn by the seed; 0 takes all"] = 0
    max_tokens: Annotated[int, "word pieces of a mail that the encoder reads, 8 to 512"] = 96
    frozen_layers: Annotated[int, "how many of the encoder's six layers stay as they came, 0 to 6"] = 4
    epochs: Annotated[int, "at most so many times over the training part"] = 3
    batch: Annotated[int, "mails in a step, of all processes together"] = 32
    optimizer: Annotated[Optimizer, "how the weights are moved"] = "adamw"
    rate: Annotated[float, "the highest learning rate; it rises for a tenth of the steps, then falls"] = 3e-4
    momentum: Annotated[float, "of `momentum` and `nesterov`"] = 0.9
    loss: Annotated[Literal["cross-entropy", "mse"], "mse: of the two scores against 0 and 1"] = (
        "cross-entropy"
    )
    l1: Annotated[float, "added to the loss: so much of the weights' absolute values"] = 0.0
    l2: Annotated[float, "weight decay"] = 0.01
    dropout: Annotated[float, "share of the pooled features that is dropped in training"] = 0.1
    patience: Annotated[int, "epochs without a better validation loss before it stops"] = 2
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"], "auto: bfloat16 where the processor computes with it"
    ] = "auto"
    seed: Annotated[int, "of the split, the order, the head and the dropout"] = 0


RANGES = {
    "max_tokens": (8, 512),
    "frozen_layers": (0, 6),
    "epochs": (1, 1000),
    "batch": (1, 4096),
    "rate": (1e-8, 1.0),
    "momentum": (0.0, 0.9999),
    "l1": (0.0, 1.0),
    "l2": (0.0, 1.0),
    "dropout": (0.0, 0.9),
    "patience": (1, 1000),
}
FEWEST = 100


def checked(chosen: Settings) -> Settings:
    """Return the settings as they are. Raises EmailsError for a number that makes no sense."""
    for name, (least, most) in RANGES.items():
        value = getattr(chosen, name)
        if not least <= value <= most:
            raise EmailsError(f"`{name}` is {value}, but has to be {least} to {most}")
    if chosen.mails and chosen.mails < FEWEST:
        raise EmailsError(f"`mails` is {chosen.mails}, but has to be 0, for all, or {FEWEST} at least")
    return chosen
