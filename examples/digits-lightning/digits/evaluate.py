"""Judge the model on the test part, which it has never seen: `python -m digits.evaluate`.

Leaves `evaluation.json` in the folder of outputs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from . import data, record, storage
from .errors import DigitsError, run
from .inference import FILE, Trained
from .record import wilson


def evaluate(model: Trained, test: data.Images) -> dict[str, Any]:
    """Return the accuracy with its interval, the confusion matrix, precision and recall of each class.

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
        "task": "classification",
        "of": "images",
        "data": test.name,
        "count": len(test),
        "metrics": [
            {"name": "accuracy", "value": correct / len(test), "low": low, "high": high, "better": "higher"}
        ],
        "classes": list(data.CLASSES),
        "confusion": confusion.tolist(),
        "precision": _shares(hits, confusion.sum(axis=0)),
        "recall": _shares(hits, confusion.sum(axis=1)),
    }


def accuracy(evaluation: dict[str, Any]) -> float:
    """Return the headline of an evaluation."""
    return evaluation["metrics"][0]["value"]


def judge(evaluation: dict[str, Any], floor: float) -> None:
    """Raise DigitsError where the accuracy lies under the floor: a mistake somewhere, not bad luck."""
    if accuracy(evaluation) >= floor:
        return
    confusion = np.array(evaluation["confusion"])
    np.fill_diagonal(confusion, 0)
    truth, taken = np.unravel_index(confusion.argmax(), confusion.shape)
    raise DigitsError(
        f"the accuracy is {accuracy(evaluation):.1%}, under the floor of {floor:.1%}; most frequent:"
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
    believed = record.believed(model, parts, options.outputs)
    storage.write_json(options.outputs / "evaluation.json", {**evaluation, **believed})
    figure = evaluation["metrics"][0]
    right = sum(row[place] for place, row in enumerate(evaluation["confusion"]))
    print(
        f"{right} of {evaluation['count']} test images right: {figure['value']:.2%}"
        f" (95% interval {figure['low']:.2%} to {figure['high']:.2%})"
    )
    print(table(evaluation))
    judge(evaluation, options.floor)


if __name__ == "__main__":
    run(main)
