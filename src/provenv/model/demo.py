"""What the demo made: the model's learning, its evaluation and samples, and the readers of the files it left.

The files are written by the example project (`examples/digits-torch`), in an
interpreter that is not ours: they are read as input that may be torn or wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Failure, Hint, Place, Text, problem, text
from .facts import Facts
from .lock import Lock
from .spec import Spec
from .up_result import UpResult

METRICS_FILE = "outputs/metrics.jsonl"
EVALUATION_FILE = "outputs/evaluation.json"
PREDICTIONS_FILE = "outputs/predictions.json"


@dataclass(frozen=True)
class Epoch:
    """One pass over the training part: mean losses, validation accuracy in 0..1, seconds; counted from 1."""

    number: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """How the model did on `count` images it had not seen.

    `low` and `high` bound the accuracy (Wilson, 95%). `confusion[i][j]` counts
    images of class i that were taken for class j. Precision is None for a class
    that was never predicted, recall for one that never occurred.
    """

    accuracy: float
    low: float
    high: float
    count: int
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    precision: tuple[float | None, ...]
    recall: tuple[float | None, ...]

    @property
    def correct(self) -> int:
        """Return how many images were recognised."""
        return sum(row[index] for index, row in enumerate(self.confusion))


@dataclass(frozen=True)
class Prediction:
    """One image (rows of ink in 0..1), its true class, and a score in 0..1 for every class."""

    index: int
    pixels: tuple[tuple[float, ...], ...]
    truth: int
    scores: tuple[float, ...]

    @property
    def predicted(self) -> int:
        """Return the class with the highest score."""
        return max(range(len(self.scores)), key=self.scores.__getitem__)

    @property
    def right(self) -> bool:
        """Return whether the model named the true class."""
        return self.predicted == self.truth


@dataclass(frozen=True)
class DemoResult:
    """`demo`: the environment and everything that was made in it.

    `commands` are the steps in the order they were run, each with its seconds;
    `folder` is the project's copy, where the files lie.
    """

    spec: Spec
    facts: Facts
    lock: Lock
    up: UpResult
    epochs: tuple[Epoch, ...]
    evaluation: Evaluation
    predictions: tuple[Prediction, ...]
    folder: str
    commands: tuple[tuple[str, float], ...] = ()


class _Malformed(ValueError):
    """What does not fit, in words; the readers turn it into a Failure with its place."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.key)
        self.why = why


def read_epochs(content: str) -> tuple[Epoch, ...]:
    """Return the epochs of `metrics.jsonl`, one JSON object a line, in order.

    Raises Failure (PV710), naming the line, where one is torn, out of order, or where there is none.
    """
    epochs: list[Epoch] = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            epochs.append(_epoch(_object(line), len(epochs) + 1))
        except _Malformed as malformed:
            raise _failure("PV710", METRICS_FILE, malformed, "train", line=number) from malformed
    if not epochs:
        raise _failure("PV710", METRICS_FILE, _Malformed(text("demo.empty")), "train")
    return tuple(epochs)


def read_evaluation(content: str) -> Evaluation:
    """Return what `evaluation.json` says.

    Raises Failure (PV711) where a field is missing or the figures contradict each other.
    """
    try:
        return _evaluation(_object(content))
    except _Malformed as malformed:
        raise _failure("PV711", EVALUATION_FILE, malformed, "evaluate") from malformed


def read_predictions(content: str) -> tuple[Prediction, ...]:
    """Return the samples of `predictions.json`.

    Raises Failure (PV712) where one lacks scores or pixels, or names a class that does not exist.
    """
    try:
        samples = _list(_object(content), "predictions")
        return tuple(_prediction(sample, f"predictions[{place}]") for place, sample in enumerate(samples))
    except _Malformed as malformed:
        raise _failure("PV712", PREDICTIONS_FILE, malformed, "predict") from malformed


def _failure(code: str, file: str, malformed: _Malformed, run: str, line: int | None = None) -> Failure:
    hints = (Hint(text("demo.make_again"), f"provenv run {run}"),)
    return Failure(problem(code, where=Place(file, line), why=malformed.why, hints=hints))


def _epoch(data: Mapping[str, Any], expected: int) -> Epoch:
    number = _count(data, "epoch")
    if number != expected:
        raise _Malformed(text("demo.out_of_order", epoch=number, expected=expected))
    return Epoch(
        number=number,
        train_loss=_number(data.get("train_loss"), "train_loss", high=math.inf),
        validation_loss=_number(data.get("validation_loss"), "validation_loss", high=math.inf),
        validation_accuracy=_number(data.get("validation_accuracy"), "validation_accuracy"),
        seconds=_number(data.get("seconds"), "seconds", high=math.inf),
    )


def _evaluation(data: Mapping[str, Any]) -> Evaluation:
    classes = tuple(str(name) for name in _list(data, "classes"))
    confusion = tuple(
        tuple(_whole(entry, "confusion") for entry in _sequence(row, "confusion", len(classes)))
        for row in _sequence(data.get("confusion"), "confusion", len(classes))
    )
    evaluation = Evaluation(
        accuracy=_number(data.get("accuracy"), "accuracy"),
        low=_number(data.get("low"), "low"),
        high=_number(data.get("high"), "high"),
        count=_count(data, "count"),
        classes=classes,
        confusion=confusion,
        precision=_shares(data, "precision", len(classes)),
        recall=_shares(data, "recall", len(classes)),
    )
    if sum(map(sum, confusion)) != evaluation.count:
        raise _Malformed(text("demo.contradiction", field="confusion", other="count"))
    if abs(evaluation.correct / evaluation.count - evaluation.accuracy) > 1e-6:
        raise _Malformed(text("demo.contradiction", field="confusion", other="accuracy"))
    if not evaluation.low <= evaluation.accuracy <= evaluation.high:
        raise _Malformed(text("demo.contradiction", field="low, high", other="accuracy"))
    return evaluation


def _prediction(data: object, where: str) -> Prediction:
    if not isinstance(data, dict):
        raise _Malformed(text("demo.unexpected", field=where))
    scores = tuple(_number(score, f"{where}.scores") for score in _list(data, "scores", where))
    rows = tuple(
        tuple(_number(ink, f"{where}.pixels") for ink in _sequence(row, f"{where}.pixels"))
        for row in _list(data, "pixels", where)
    )
    truth = _whole(data.get("truth"), f"{where}.truth")
    if truth >= len(scores):
        raise _Malformed(text("demo.unexpected", field=f"{where}.truth"))
    if len({len(row) for row in rows}) != 1:
        raise _Malformed(text("demo.unexpected", field=f"{where}.pixels"))
    return Prediction(_whole(data.get("index"), f"{where}.index"), rows, truth, scores)


def _object(content: str) -> Mapping[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _Malformed(text("demo.no_json", detail=str(error))) from error
    if not isinstance(data, dict):
        raise _Malformed(text("demo.no_object"))
    return data


def _list(data: Mapping[str, Any], key: str, where: str = "") -> Sequence[Any]:
    field = f"{where}.{key}" if where else key
    entries = _sequence(data.get(key), field)
    if not entries:
        raise _Malformed(text("demo.unexpected", field=field))
    return entries


def _sequence(data: object, field: str, length: int | None = None) -> Sequence[Any]:
    if not isinstance(data, list) or (length is not None and len(data) != length):
        raise _Malformed(text("demo.unexpected", field=field))
    return data


def _number(data: object, field: str, high: float = 1.0) -> float:
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        raise _Malformed(text("demo.unexpected", field=field))
    if not math.isfinite(data) or not 0 <= data <= high:
        raise _Malformed(text("demo.out_of_range", field=field, value=str(data)))
    return float(data)


def _whole(data: object, field: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or data < 0:
        raise _Malformed(text("demo.unexpected", field=field))
    return data


def _count(data: Mapping[str, Any], key: str) -> int:
    count = _whole(data.get(key), key)
    if count == 0:
        raise _Malformed(text("demo.out_of_range", field=key, value="0"))
    return count


def _shares(data: Mapping[str, Any], key: str, length: int) -> tuple[float | None, ...]:
    shares = _sequence(data.get(key), key, length)
    return tuple(None if share is None else _number(share, key) for share in shares)
