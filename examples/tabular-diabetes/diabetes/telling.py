"""What a training tells while it goes on."""

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
    print(f"{options.model} on {where}; patients: {sizes}; split {parts.digest}", flush=True)
    if done:
        print(f"goes on after epoch {done}", flush=True)


def epoch(line: Mapping[str, Any], *, best: bool) -> None:
    """Say how an epoch went: the first, each tenth, and each that is the best so far."""
    if best or line["epoch"] == 1 or line["epoch"] % 10 == 0:
        mark = "   best so far" if best else ""
        print(
            f"epoch {line['epoch']:>3}   loss {line['train_loss']:.4f}"
            f"   validation {line['validation_loss']:.4f}   R2 {line['validation_R2']:.3f}{mark}",
            flush=True,
        )


def finite(line: Mapping[str, Any]) -> None:
    """Raise Fault where the loss of an epoch is no number."""
    if not math.isfinite(line["train_loss"] + line["validation_loss"]):
        raise Fault(f"the loss of epoch {line['epoch']} is no number: try a smaller --rate")
