"""`metrics.jsonl`: how the model learned, a line an epoch or an evaluation interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import text
from .reading import Malformed, any_number, count, failure, number, object_of

METRICS_FILE = "outputs/metrics.jsonl"
MOST_LINES = 20_000
BEGINS = "validation_"


@dataclass(frozen=True)
class Epoch:
    """One pass over the training part, or one interval of it; counted from 1.

    `measure` is the headline metric on the validation part, `name` what it is called (with blanks), both
    empty where the file has none.
    """

    number: int
    train_loss: float
    validation_loss: float
    measure: float | None
    name: str
    seconds: float


def read_epochs(content: str) -> tuple[Epoch, ...]:
    """Return the epochs of `metrics.jsonl`, one JSON object a line, in order.

    Raises Failure (PV710), naming the line, where one is torn, out of order, or where there is none.
    """
    epochs: list[Epoch] = []
    for line, written in enumerate(content.splitlines()[:MOST_LINES], start=1):
        try:
            epochs.append(_epoch(object_of(written), epochs))
        except Malformed as malformed:
            raise failure("PV710", METRICS_FILE, malformed, "train", line=line) from malformed
    if not epochs:
        raise failure("PV710", METRICS_FILE, Malformed(text("demo.empty")), "train")
    return tuple(epochs)


def _epoch(data: Mapping[str, Any], before: list[Epoch]) -> Epoch:
    expected = len(before) + 1
    found = count(data, "epoch")
    if found != expected:
        raise Malformed(text("demo.out_of_order", epoch=found, expected=expected))
    key = _key(data, before)
    return Epoch(
        number=found,
        train_loss=number(data.get("train_loss"), "train_loss", high=math.inf),
        validation_loss=number(data.get("validation_loss"), "validation_loss", high=math.inf),
        measure=any_number(data.get(key), key) if key else None,
        name=key.removeprefix(BEGINS).replace("_", " "),
        seconds=number(data.get("seconds"), "seconds", high=math.inf),
    )


def _key(data: Mapping[str, Any], before: list[Epoch]) -> str:
    """Return the key of the metric: that of the first line, the first one of a validation but its loss."""
    if before:
        return BEGINS + before[0].name.replace(" ", "_") if before[0].name else ""
    keys = [key for key in data if key.startswith(BEGINS) and key != "validation_loss" and len(key) <= 80]
    return keys[0] if keys else ""
