"""Judge the model on the test part, which it has never seen: `python -m digits.evaluate`.

Leaves `evaluation.json` in the folder of outputs.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np

from . import data, storage
from .errors import DigitsError, run
from .inference import FILE, Trained

Z = 1.959963984540054  # the two-sided 95% quantile of the normal distribution


def wilson(correct: int, count: int) -> tuple[float, float]:
    """Return the 95% interval for a share, by E. B. Wilson's score (1927).

    Unlike the plain normal interval it stays within 0..1 and holds near 100%.
    """
    share, spread = correct / count, Z * Z / count
    centre = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    # rounding must not push the share itself out of its interval
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


def evaluate(model: Trained, test: data.Images) -> dict[str, Any]:
    """Return accuracy with its interval, the confusion matrix, and precision and recall of each class.

    `confusion[i][j]` counts images of class i that were taken for class j. Raises
    Leak where the model was trained on one of the images that it is judged by.
    """
    leaked = sum(digest in model.learned_from for digest in data.digests(test))
    if leaked:
        raise data.Leak(f"leak: the model was trained on {leaked} of the {len(test)} test images")
    predicted = model.probabilities(test).argmax(1)
    confusion = np.zeros((len(data.CLASSES), len(data.CLASSES)), dtype=np.int64)
    np.add.at(confusion, (test.labels, predicted), 1)
    hits = confusion.diagonal()
    correct = int(hits.sum())
    low, high = wilson(correct, len(test))
    return {
        "schema": 1,
        "data": test.name,
        "count": len(test),
        "correct": correct,
        "accuracy": correct / len(test),
        "low": low,
        "high": high,
        "classes": list(data.CLASSES),
        "confusion": confusion.tolist(),
        "precision": _shares(hits, confusion.sum(axis=0)),
        "recall": _shares(hits, confusion.sum(axis=1)),
    }


def judge(evaluation: dict[str, Any], floor: float) -> None:
    """Raise DigitsError where the accuracy lies under the floor: a mistake somewhere, not bad luck."""
    if evaluation["accuracy"] >= floor:
        return
    confusion = np.array(evaluation["confusion"])
    np.fill_diagonal(confusion, 0)
    truth, taken = np.unravel_index(confusion.argmax(), confusion.shape)
    raise DigitsError(
        f"the accuracy is {evaluation['accuracy']:.1%}, under the floor of {floor:.1%}; most frequent:"
        f" {confusion[truth, taken]} times {data.CLASSES[truth]} was taken for {data.CLASSES[taken]}."
        " Look at the labels and the normalisation first"
    )


def _shares(hits: np.ndarray, totals: np.ndarray) -> list[float | None]:
    return [int(hit) / int(total) if total else None for hit, total in zip(hits, totals, strict=True)]


def table(evaluation: dict[str, Any]) -> str:
    """Return the evaluation as text for a terminal."""

    def percent(share: float | None) -> str:
        return "     -" if share is None else f"{share:6.1%}"

    lines = ["", "truth    taken for  " + "".join(f"{name:>5}" for name in evaluation["classes"])]
    for name, row in zip(evaluation["classes"], evaluation["confusion"], strict=True):
        lines.append(f"{name:>5}               " + "".join(f"{count or '·':>5}" for count in row))
    lines += ["", "class   precision   recall"]
    columns = (evaluation[key] for key in ("classes", "precision", "recall"))
    for name, precision, recall in zip(*columns, strict=True):
        lines.append(f"{name:>5}      {percent(precision)}   {percent(recall)}")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, judge, and write the figures down."""
    parser = argparse.ArgumentParser(prog="python -m digits.evaluate", description=__doc__.splitlines()[0])
    data.add_arguments(parser)
    parser.add_argument("--outputs", type=Path, default=Path("outputs"), metavar="DIR")
    parser.add_argument("--floor", type=float, default=0.9, help="fail under this accuracy (default: 0.9)")
    options = parser.parse_args()
    model = Trained.load(options.outputs / FILE)
    parts = data.load(options.mnist, model.seed)
    model.check_data(parts.test)
    evaluation = evaluate(model, parts.test)
    storage.write_json(options.outputs / "evaluation.json", evaluation)
    print(
        f"{evaluation['correct']} of {evaluation['count']} test images right: {evaluation['accuracy']:.2%}"
        f" (95% interval {evaluation['low']:.2%} to {evaluation['high']:.2%})"
    )
    print(table(evaluation))
    judge(evaluation, options.floor)


if __name__ == "__main__":
    run(main)
