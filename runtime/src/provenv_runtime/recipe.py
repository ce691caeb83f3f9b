"""How a training moves and when it ends, by name: optimizers of torch and Keras, L1, early stop."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

from .optional import needed

Optimizer = Literal["sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw"]
OPTIMIZERS: tuple[Optimizer, ...] = ("sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw")


def torch_optimizer(
    name: Optimizer, parameters: Any, *, rate: float = 1e-3, l2: float = 0.0, momentum: float = 0.9
) -> Any:
    """Return torch's optimizer of that name.

    `l2` is its weight decay: added to the gradient (that is L2), and with `adamw` taken from the weights
    themselves, which is not the same (Loshchilov and Hutter, arXiv:1711.05101). Raises ValueError.
    """
    optim = needed("torch").optim
    common = {"lr": rate, "weight_decay": l2}
    makers = {
        "sgd": lambda: optim.SGD(parameters, **common),
        "momentum": lambda: optim.SGD(parameters, momentum=momentum, **common),
        "nesterov": lambda: optim.SGD(parameters, momentum=momentum, nesterov=True, **common),
        "rmsprop": lambda: optim.RMSprop(parameters, **common),
        "adagrad": lambda: optim.Adagrad(parameters, **common),
        "adam": lambda: optim.Adam(parameters, **common),
        "adamw": lambda: optim.AdamW(parameters, **common),
    }
    if name not in makers:
        raise ValueError(f"there is no optimizer `{name}`; there are {', '.join(OPTIMIZERS)}")
    return makers[name]()


def keras_optimizer(name: Optimizer, *, rate: float = 1e-3, l2: float = 0.0, momentum: float = 0.9) -> Any:
    """Return Keras' optimizer of that name.

    `l2` is `adamw`'s decay; Keras' others have the same decoupled decay under `weight_decay`: for L2 in the
    loss use a layer's `kernel_regularizer`. Raises ValueError.
    """
    optimizers = needed("keras").optimizers
    common = {"learning_rate": rate, "weight_decay": l2 or None}
    makers = {
        "sgd": lambda: optimizers.SGD(**common),
        "momentum": lambda: optimizers.SGD(momentum=momentum, **common),
        "nesterov": lambda: optimizers.SGD(momentum=momentum, nesterov=True, **common),
        "rmsprop": lambda: optimizers.RMSprop(**common),
        "adagrad": lambda: optimizers.Adagrad(**common),
        "adam": lambda: optimizers.Adam(**common),
        "adamw": lambda: optimizers.AdamW(learning_rate=rate, weight_decay=l2),
    }
    if name not in makers:
        raise ValueError(f"there is no optimizer `{name}`; there are {', '.join(OPTIMIZERS)}")
    return makers[name]()


def l1(parameters: Iterable[Any]) -> Any:
    """Return the sum of the absolute values of the weights: of tensors with two dimensions or more.

    Biases and the scales of normalisations are left out, as is usual.
    """
    return sum((one.abs().sum() for one in parameters if one.ndim > 1), start=0.0)


class EarlyStop:
    """Tells when a metric has not become better for `patience` epochs; keeps its best value and epoch.

    It has a `state_dict`, so `provenv_runtime.state(..., early=early)` takes it up again.
    """

    def __init__(self, patience: int, better: Literal["higher", "lower"] = "lower") -> None:
        if patience < 1:
            raise ValueError(f"patience is {patience}; it is 1 epoch at least")
        self.patience = patience
        self.sign = 1.0 if better == "lower" else -1.0
        self.best = math.inf * self.sign
        self.best_epoch = 0
        self.epoch = 0

    @property
    def improved(self) -> bool:
        """Whether the newest epoch is the best one."""
        return self.epoch == self.best_epoch

    @property
    def stop(self) -> bool:
        """Whether nothing became better for as long as the patience lasts."""
        return self.epoch - self.best_epoch >= self.patience

    def step(self, value: float) -> bool:
        """Take the next epoch's value; return whether to stop. One that is no number is not better."""
        self.epoch += 1
        if (value - self.best) * self.sign < 0:
            self.best, self.best_epoch = value, self.epoch
        return self.stop

    def state_dict(self) -> dict[str, float | int]:
        """Return what it has seen, as a checkpoint keeps it."""
        return {"best": self.best, "best_epoch": self.best_epoch, "epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.best = float(state["best"])
        self.best_epoch, self.epoch = int(state["best_epoch"]), int(state["epoch"])
