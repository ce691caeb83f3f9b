"""How well a model does, written down with what is needed to believe it: intervals, baselines, checks.

A figure says little where the parts share items, where their labels were moved against each other, or where
one part has other classes than the rest. `checks` looks for these three; `Evaluation.write` leaves all of it
in `evaluation.json`, from which provenv makes its report.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

from .estimates import Estimate
from .outputs import write_json
from .splitting import Key, overlap

Task = Literal["classification", "language model", "generation", "regression", "segmentation"]
SCHEMA = 1
UNLIKELY = 1e-6
"""A chance below which two parts are said to have other classes: a check that is run often must not cry."""
BETTER = 0.1
"""How much more of the items another reading of the labels has to explain before it is told."""
FEWEST = 20
"""Items without which nothing is said of a class's labels."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at before the figures: whether it is right, and what was seen."""

    name: str
    ok: bool
    said: str


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on `count` items (`of`: what they are) that it has not learned from.

    The first of `metrics` is the headline; `baselines` are other models' values of it. `confusion[i][j]`
    counts items of class i that were taken for j. `split` counts the items of each part.
    """

    task: Task
    of: str
    count: int
    metrics: Mapping[str, Estimate]
    better: Mapping[str, Literal["higher", "lower"]] = field(default_factory=dict)
    baselines: Mapping[str, Estimate] = field(default_factory=dict)
    classes: Sequence[str] = ()
    confusion: Sequence[Sequence[int]] = ()
    split: Mapping[str, int] = field(default_factory=dict)
    split_digest: str = ""
    checks: Sequence[Check] = ()
    seconds: float | None = None
    parameters: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def headline(self) -> tuple[str, Estimate]:
        """The first metric: its name and its figure."""
        return next(iter(self.metrics.items()))

    def problems(self) -> list[str]:
        """Return what makes the figures worthless, a sentence each."""
        return [one.said for one in self.checks if not one.ok]

    def write(self, path: str | os.PathLike[str] = "outputs/evaluation.json") -> None:
        """Write it as JSON, whole or not at all. Raises ValueError for a figure that is no number."""
        content: dict[str, Any] = {
            "schema": SCHEMA,
            "task": self.task,
            "of": self.of,
            "count": self.count,
            "metrics": [
                {"name": name, **_figure(one), "better": self.better.get(name, "higher")}
                for name, one in self.metrics.items()
            ],
            "baselines": [{"name": name, **_figure(one)} for name, one in self.baselines.items()],
            "split": {**self.split, **({"digest": self.split_digest} if self.split_digest else {})},
            "checks": [{"name": one.name, "ok": one.ok, "said": one.said} for one in self.checks],
            "seconds": self.seconds,
            "parameters": self.parameters,
            "settings": dict(self.settings),
        }
        if self.confusion:
            content["classes"] = list(self.classes)
            content["confusion"] = [[int(count) for count in row] for row in self.confusion]
            content["precision"] = precision(self.confusion)
            content["recall"] = recall(self.confusion)
        write_json(path, content)


def confusion(truth: Iterable[int], predicted: Iterable[int], count: int) -> list[list[int]]:
    """Return how many items of each of `count` classes (rows) were taken for which (columns)."""
    table = [[0] * count for _ in range(count)]
    for true, taken in zip(truth, predicted, strict=True):
        table[int(true)][int(taken)] += 1
    return table


def accuracy(table: Sequence[Sequence[int]]) -> tuple[int, int]:
    """Return how many items of a confusion table are right, and how many there are."""
    return sum(row[index] for index, row in enumerate(table)), sum(map(sum, table))


def recall(table: Sequence[Sequence[int]]) -> list[float | None]:
    """Return which share of each class was found; None for a class that never occurred."""
    return [row[index] / sum(row) if sum(row) else None for index, row in enumerate(table)]


def precision(table: Sequence[Sequence[int]]) -> list[float | None]:
    """Return which share of what was taken for each class is of it; None where nothing was."""
    return recall([list(column) for column in zip(*table, strict=True)])


def checks(
    *,
    keys: Mapping[str, Iterable[Key]] | None = None,
    labels: Mapping[str, Sequence[Hashable]] | None = None,
    confusion: Sequence[Sequence[int]] = (),
    classes: Sequence[str] = (),
) -> list[Check]:
    """Return what was looked at, each with what was seen.

    Arguments:
        keys: each part's groups or contents: `overlap` is right where no two parts share one.
        labels: each part's labels: `class shares` is right where all could be drawn from one population.
        confusion, classes: `labels` is right where no other reading of them explains the model better.

    """
    done = []
    if keys is not None:
        shared = overlap({name: list(part) for name, part in keys.items()})
        said = "; ".join(f"{one} and {other} share {count} items" for one, other, count in shared)
        words = (
            f"leak: {said}: the figures are not those of unseen data" if shared else "no item in two parts"
        )
        done.append(Check("overlap", not shared, words))
    if labels is not None:
        done.append(_class_shares(labels))
    if confusion:
        moved = labels_shifted(confusion)
        pairs = ", ".join(
            f"{_name(classes, true)} as {_name(classes, taken)}" for true, taken in (moved or {}).items()
        )
        words = (
            f"the labels don't fit: read {pairs}, the model would be right far more often"
            if moved
            else ("no other reading of the labels fits better")
        )
        done.append(Check("labels", moved is None, words))
    return done


def labels_shifted(table: Sequence[Sequence[int]]) -> dict[int, int] | None:
    """Return which class seems to stand for which, where renaming the classes explains the model far better.

    A model that learned from labels which were moved (by one, by an order of folders that differs) is
    consistently wrong: each class is taken for another one, always the same. Chance and a bad model do not
    look like this. Returns the classes that would have to be renamed, or None.
    """
    right, count = accuracy(table)
    if count < FEWEST:
        return None
    reading = _assignment(table)
    renamed = sum(table[true][taken] for true, taken in reading.items())
    moved = {
        true: taken
        for true, taken in reading.items()
        if true != taken and table[true][taken] == max(table[true]) > 0
    }
    # a model that says one class for all looks like one renamed class, never like two
    clear = sum(table[true][taken] > sum(table[true]) / 2 for true, taken in moved.items())
    return moved if clear >= 2 and (renamed - right) / count >= BETTER else None


def _assignment(table: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return the renaming of classes with the most right items, by H. W. Kuhn's method (1955), O(n^3)."""
    size = len(table)
    highest = max(map(max, table))
    row_price, column_price = [0.0] * (size + 1), [0.0] * (size + 1)
    row_of = [0] * (size + 1)
    for row in range(1, size + 1):
        row_of[0], column = row, 0
        slack, came_from, used = [math.inf] * (size + 1), [0] * (size + 1), [False] * (size + 1)
        while True:
            used[column] = True
            least, following, current = math.inf, 0, row_of[column]
            for other in range(1, size + 1):
                if used[other]:
                    continue
                cost = highest - table[current - 1][other - 1] - row_price[current] - column_price[other]
                if cost < slack[other]:
                    slack[other], came_from[other] = cost, column
                if slack[other] < least:
                    least, following = slack[other], other
            for other in range(size + 1):
                if used[other]:
                    row_price[row_of[other]] += least
                    column_price[other] -= least
                else:
                    slack[other] -= least
            column = following
            if row_of[column] == 0:
                break
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return dict(sorted((row_of[column] - 1, column - 1) for column in range(1, size + 1)))


def shares_differ(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Return the chance that two parts of one population differ this much in their labels (chi-square).

    Labels that are expected fewer than five times are taken together (W. G. Cochran, 1954). 1.0 where there
    is nothing to compare.
    """
    first, second = Counter(one), Counter(other)
    total = len(one) + len(other)
    rows: list[tuple[int, int]] = []
    rare = [0, 0]
    for label in {*first, *second}:
        both = first[label] + second[label]
        if both * min(len(one), len(other)) / max(1, total) < 5:
            rare[0] += first[label]
            rare[1] += second[label]
        else:
            rows.append((first[label], second[label]))
    if sum(rare) * min(len(one), len(other)) / max(1, total) >= 5:
        rows.append((rare[0], rare[1]))
    if len(rows) < 2:
        return 1.0
    sizes = [sum(row[side] for row in rows) for side in (0, 1)]
    statistic = 0.0
    for row in rows:
        for side in (0, 1):
            expected = sum(row) * sizes[side] / sum(sizes)
            statistic += (row[side] - expected) ** 2 / expected
    return _chi_square_tail(statistic, len(rows) - 1)


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """Return the chance of a chi-square at least as great: closed forms by induction over the freedom.

    M. Abramowitz, I. Stegun: Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
    """
    half = statistic / 2
    if half > 700:
        return 0.0
    if freedom % 2:
        tail, term = math.erfc(math.sqrt(half)), math.sqrt(half / math.pi) * 2 * math.exp(-half)
        start = 1
    else:
        tail, term = math.exp(-half), half * math.exp(-half)
        start = 2
    for degree in range(start, freedom - 1, 2):
        tail += term
        term *= statistic / (degree + 2)
    return min(1.0, tail)


def _class_shares(labels: Mapping[str, Sequence[Hashable]]) -> Check:
    apart = [
        f"{one} and {other}"
        for one, other in combinations(labels, 2)
        if shares_differ(labels[one], labels[other]) < UNLIKELY
    ]
    said = (
        f"the classes are not shared alike: {'; '.join(apart)}" if apart else "all parts have the same shares"
    )
    return Check("class shares", not apart, said)


def _name(classes: Sequence[str], index: int) -> str:
    return str(classes[index]) if index < len(classes) else str(index)


def _figure(one: Estimate) -> dict[str, float | None]:
    return {"value": one.value, "low": one.low, "high": one.high}
