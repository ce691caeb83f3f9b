"""Judge the model on the test part, which it has never seen: `python -m fashion.evaluate`.

Leaves in outputs/: evaluation.json, predictions.json, gallery.json and the pictures in it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from provenv_runtime.estimates import Estimate, bootstrap, mean, share
from provenv_runtime.evaluation import Check, Evaluation, checks, confusion
from provenv_runtime.outputs import write_json

from . import data, pictures, samples
from .data import CLASSES, Parts, Pictures
from .errors import Fault, run
from .inference import FILE, Trained

OUTPUTS = Path("outputs")


def judge(model: Trained, parts: Parts) -> Evaluation:
    """Return the model's figures on the test part, with what a linear model reaches, and what was checked."""
    test, record = parts.test, model.record
    probabilities = model.probabilities(data.ink(test.pixels))
    taken = probabilities.argmax(1)
    table = confusion(test.labels, taken, len(CLASSES))
    second = (np.argsort(-probabilities, axis=1, kind="stable")[:, :2] == test.labels[:, None]).any(1)
    surprise = -np.log(np.maximum(probabilities[np.arange(len(test)), test.labels], 1e-12))
    pairs = list(zip(test.labels.tolist(), taken.tolist(), strict=True))
    labels = {name: part.labels.tolist() for name, part in parts.named.items()}
    right = share(int((taken == test.labels).sum()), len(test))
    keys = {"train": record.learned_from, "validation": parts.validation.keys, "test": test.keys}
    return Evaluation(
        task="classification",
        of="pictures",
        count=len(test),
        metrics={
            "accuracy": right,
            "among the first two": share(int(second.sum()), len(test)),
            "macro F1": bootstrap(macro_f1, pairs, draws=200),
            "log loss": mean(surprise.tolist()),
        },
        better={"accuracy": "higher", "log loss": "lower"},
        baselines={"linear, least squares": least_squares(parts.train, test)},
        classes=CLASSES,
        confusion=table,
        split={name: len(part) for name, part in parts.named.items()},
        split_digest=parts.digest,
        checks=[
            *checks(keys=keys, labels=labels, confusion=table, classes=CLASSES),
            above_chance(right, table),
        ],
        seconds=record.seconds,
        parameters=model.parameters,
        settings=record.settings,
    )


def above_chance(right: Estimate, table: list[list[int]]) -> Check:
    """Return whether the model is better than one that always says the most frequent class."""
    chance = max(map(sum, table)) / sum(map(sum, table))
    fits = right.low is not None and right.low > chance
    said = f"right for {right.value:.1%}, and always saying one class would be for {chance:.1%}"
    return Check("above chance", fits, said if fits else f"the labels don't fit the pictures: {said}")


def macro_f1(pairs: list[tuple[int, int]]) -> float:
    """Return the mean over classes of the harmonic mean of precision and recall."""
    true, taken = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    right = Counter(one for one, other in pairs if one == other)
    return sum(2 * right[label] / (true[label] + taken[label]) for label in true) / len(true)


def least_squares(train: Pictures, test: Pictures, ridge: float = 1.0) -> Estimate:
    """Return the accuracy of the best linear map from pixels to classes: what a network has to beat."""
    inputs = SIDE_BY_SIDE + 1
    squares, products = np.zeros((inputs, inputs)), np.zeros((inputs, len(CLASSES)))
    for start in range(0, len(train), 4096):
        part = slice(start, start + 4096)
        rows = _with_one(train.pixels[part])
        squares += rows.T @ rows
        products += rows.T @ np.eye(len(CLASSES), dtype=np.float32)[train.labels[part]]
    weights = np.linalg.solve(squares + ridge * np.eye(inputs), products).astype(np.float32)
    return share(int(((_with_one(test.pixels) @ weights).argmax(1) == test.labels).sum()), len(test))


SIDE_BY_SIDE = data.SIDE * data.SIDE


def _with_one(pixels: np.ndarray) -> np.ndarray:
    flat = data.ink(pixels).reshape(len(pixels), -1)
    return np.hstack([flat, np.ones((len(flat), 1), np.float32)])


def table(evaluation: Evaluation) -> str:
    """Return the confusion as text for a terminal: rows are the truth, columns what it was taken for."""
    lines = [" " * 13 + "".join(f"{name[:6]:>8}" for name in evaluation.classes)]
    for name, row in zip(evaluation.classes, evaluation.confusion, strict=True):
        lines.append(f"{name:<13}" + "".join(f"{count or '.':>8}" for count in row))
    return "\n".join(lines)


def report(model: Trained, parts: Parts) -> None:
    """Judge, write all of it down, and print it; end with 1 where the figures are worthless."""
    evaluation = judge(model, parts)
    evaluation.write(OUTPUTS / "evaluation.json")
    probabilities = model.probabilities(data.ink(parts.test.pixels))
    wrong = samples.mistakes(probabilities, parts.test.labels, 12)
    rows = [*wrong, *samples.one_of_each(probabilities, parts.test.labels, 20)]
    kept = [samples.described(parts.test, probabilities, row) for row in rows]
    write_json(OUTPUTS / "predictions.json", {"classes": CLASSES, "predictions": kept})
    pictures.draw(OUTPUTS, model, parts.test, evaluation)
    for name, figure in evaluation.metrics.items():
        print(f"{name}: {figure}")
    for name, figure in evaluation.baselines.items():
        print(f"{evaluation.headline[0]} of another model ({name}): {figure}")
    print(f"{evaluation.count} {evaluation.of} of the test part, split {parts.digest}")
    print(table(evaluation))
    problems = evaluation.problems()
    if problems:
        sys.exit("\n".join(f"fashion: {one}" for one in problems))


def finish(model: Trained, parts: Parts) -> None:
    """Save the model, believe it once it was read back, and judge it."""
    model.save(OUTPUTS / FILE)
    ink = data.ink(parts.validation.pixels[:100])
    if not np.allclose(model.scores(ink), Trained.load(OUTPUTS / FILE).scores(ink), atol=1e-4):
        raise Fault(f"{OUTPUTS / FILE} was saved, but what is loaded from it answers differently")
    print(f"the best epoch was {model.record.epoch}; {OUTPUTS / FILE} is saved, {model.parameters} weights")
    report(model, parts)


def main() -> None:
    """Judge the saved model."""
    argparse.ArgumentParser(prog="python -m fashion.evaluate", description=__doc__).parse_args()
    model = Trained.load(OUTPUTS / FILE)
    report(model, data.load(int(model.record.settings["most"])))


if __name__ == "__main__":
    run(main)
