"""What a training tells while it goes on, and how its learning rate falls: the same with every framework."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .data import Parts
from .errors import Fault
from .options import Options


def begin(parts: Parts, options: Options, where: str, done: int) -> None:
    """Say what is learned from, and where a training that was cut off goes on."""
    sizes = ", ".join(f"{name} {len(part)}" for name, part in parts.named.items())
    print(f"{options.model} on {where}; pictures: {sizes}; split {parts.digest}", flush=True)
    if done:
        print(f"goes on after epoch {done}", flush=True)


def epoch(line: Mapping[str, Any], *, best: bool) -> None:
    """Say how an epoch went."""
    mark = "   best so far" if best else ""
    print(
        f"epoch {line['epoch']:>2}   loss {line['train_loss']:.4f}   validation {line['validation_loss']:.4f}"
        f"   accuracy {line['validation_accuracy']:.2%}   {line['seconds']:.1f} s{mark}",
        flush=True,
    )


def finite(line: Mapping[str, Any]) -> None:
    """Raise Fault where the loss of an epoch is no number."""
    if not math.isfinite(line["train_loss"] + line["validation_loss"]):
        raise Fault(f"the loss of epoch {line['epoch']} is no number: try a smaller --rate")


def rate_at(options: Options, share: float) -> float:
    """Return which part of the rate is left when this share of all steps is done: half a wave down to 0.

    I. Loshchilov, F. Hutter: SGDR, arXiv:1608.03983, without the restarts.
    """
    return 1.0 if options.schedule == "constant" else 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
