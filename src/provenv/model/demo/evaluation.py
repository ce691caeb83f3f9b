"""`evaluation.json`: how the model did on what it had never seen, and what was looked at to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...errors import text
from .reading import (
    Malformed,
    any_number,
    count,
    failure,
    filled,
    maybe,
    number,
    object_of,
    sequence,
    table,
    whole,
    words,
)

EVALUATION_FILE = "outputs/evaluation.json"
TASKS = ("classification", "language model", "generation", "regression", "segmentation")
MOST_CLASSES = 200
MOST_METRICS = 40
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One figure of the evaluation; `low` and `high` bound it (95 %), None where nobody knows."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    better: Better = "higher"


@dataclass(frozen=True)
class Baseline:
    """What something simpler reaches in the headline metric on the same test part."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Check:
    """One look at whether the evaluation can be believed: what was looked for, and what was found."""

    name: str
    ok: bool
    said: str


@dataclass(frozen=True)
class Evaluation:
    """How the model did on `count` things (`of`) that it had not seen; `metrics[0]` is the headline.

    `confusion[i][j]` counts those of class i that were taken for class j. Precision is None for a class that
    was never predicted, recall for one that never occurred. `split` has the sizes of the parts,
    `split_digest` tells this split from any other. `seconds` are those of the training.
    """

    task: str
    of: str
    count: int
    metrics: tuple[Metric, ...]
    baselines: tuple[Baseline, ...] = ()
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    precision: tuple[float | None, ...] = ()
    recall: tuple[float | None, ...] = ()
    split: Mapping[str, int] = field(default_factory=dict)
    split_digest: str = ""
    checks: tuple[Check, ...] = ()
    seconds: float | None = None
    parameters: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def headline(self) -> Metric:
        """Return the metric that the example is about."""
        return self.metrics[0]

    @property
    def correct(self) -> int | None:
        """Return how many were recognised, None where there is no confusion matrix."""
        if not self.confusion:
            return None
        return sum(row[index] for index, row in enumerate(self.confusion))


def read_evaluation(content: str) -> Evaluation:
    """Return what `evaluation.json` says.

    Raises Failure (PV711) where a field is missing or the figures contradict each other.
    """
    try:
        return _evaluation(object_of(content))
    except Malformed as malformed:
        raise failure("PV711", EVALUATION_FILE, malformed, "evaluate") from malformed


def _evaluation(data: Mapping[str, Any]) -> Evaluation:
    if data.get("schema") != 1:
        raise Malformed(text("demo.unexpected", field="schema"))
    task = words(data.get("task"), "task", 40)
    if task not in TASKS:
        raise Malformed(text("demo.no_task", value=task, known=", ".join(TASKS)))
    metrics = filled(data, "metrics")[:MOST_METRICS]
    baselines = sequence(data.get("baselines", []), "baselines")[:MOST_METRICS]
    split = table(data.get("split", {}), "split")
    checks = sequence(data.get("checks", []), "checks")[:MOST_METRICS]
    evaluation = Evaluation(
        task=task,
        of=words(data.get("of"), "of", 60),
        count=count(data, "count"),
        metrics=tuple(_metric(one, f"metrics[{place}]") for place, one in enumerate(metrics)),
        baselines=tuple(_baseline(one, f"baselines[{place}]") for place, one in enumerate(baselines)),
        **_by_class(data),
        split={
            words(name, "split", 40): whole(size, f"split.{name}")
            for name, size in split.items()
            if name != "digest"
        },
        split_digest=words(split.get("digest", ""), "split.digest", 200),
        checks=tuple(_check(one, f"checks[{place}]") for place, one in enumerate(checks)),
        seconds=maybe(data.get("seconds"), "seconds", 0.0),
        parameters=None if data.get("parameters") is None else whole(data["parameters"], "parameters"),
        settings=_settings(data),
    )
    _agree(evaluation)
    return evaluation


def _metric(data: object, where: str) -> Metric:
    one = table(data, where)
    value, low, high = _estimate(one, where)
    better = one.get("better", "higher")
    if better not in ("higher", "lower"):
        raise Malformed(text("demo.unexpected", field=f"{where}.better"))
    return Metric(words(one.get("name"), f"{where}.name", 80), value, low, high, better)


def _baseline(data: object, where: str) -> Baseline:
    one = table(data, where)
    return Baseline(words(one.get("name"), f"{where}.name", 120), *_estimate(one, where))


def _estimate(one: Mapping[str, Any], where: str) -> tuple[float, float | None, float | None]:
    value = any_number(one.get("value"), f"{where}.value")
    low, high = maybe(one.get("low"), f"{where}.low"), maybe(one.get("high"), f"{where}.high")
    if (low is None) != (high is None):
        raise Malformed(text("demo.contradiction", field=f"{where}.low", other=f"{where}.high"))
    # a bootstrapped interval need not hold the value by the last bits
    slack = 0.05 * abs((high or 0.0) - (low or 0.0)) + 1e-9
    if low is not None and high is not None and not low - slack <= value <= high + slack:
        raise Malformed(text("demo.contradiction", field=f"{where}.low, high", other="value"))
    return value, low, high


def _check(data: object, where: str) -> Check:
    one = table(data, where)
    if not isinstance(one.get("ok"), bool):
        raise Malformed(text("demo.unexpected", field=f"{where}.ok"))
    return Check(
        words(one.get("name"), f"{where}.name", 120), one["ok"], words(one.get("said"), f"{where}.said", 600)
    )


def _by_class(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of the single classes; only a classification has them."""
    if data.get("confusion") is None:
        return {}
    names = sequence(data.get("classes"), "classes", most=MOST_CLASSES)
    size = len(names)
    if size == 0:
        raise Malformed(text("demo.unexpected", field="classes"))
    return {
        "classes": tuple(words(str(name), "classes", 60) for name in names),
        "confusion": tuple(
            tuple(whole(entry, "confusion") for entry in sequence(row, "confusion", size))
            for row in sequence(data.get("confusion"), "confusion", size)
        ),
        "precision": _shares(data, "precision", size),
        "recall": _shares(data, "recall", size),
    }


def _shares(data: Mapping[str, Any], key: str, length: int) -> tuple[float | None, ...]:
    shares = sequence(data.get(key), key, length)
    return tuple(None if share is None else number(share, key) for share in shares)


def _settings(data: Mapping[str, Any]) -> dict[str, str]:
    given = table(data.get("settings") or {}, "settings")
    kept = list(given.items())[:100]
    return {words(str(key), "settings", 60): words(str(value), "settings", 120) for key, value in kept}


def _agree(evaluation: Evaluation) -> None:
    """Raise Malformed where the figures contradict each other."""
    correct = evaluation.correct
    if correct is None:
        return
    if sum(map(sum, evaluation.confusion)) != evaluation.count:
        raise Malformed(text("demo.contradiction", field="confusion", other="count"))
    for metric in evaluation.metrics:
        if metric.name == "accuracy" and abs(correct / evaluation.count - metric.value) > 1e-6:
            raise Malformed(text("demo.contradiction", field="confusion", other="accuracy"))
