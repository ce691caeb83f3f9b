"""Use the model: `python -m digits.predict` for a batch, `--index 12` for one test image as well.

Leaves in the folder of outputs: `predictions.json` (images, scores and truth of
some that were right and some that were wrong) and `sample.svg` (one image
beside its class scores).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from . import data, picture, storage
from .errors import DigitsError, run
from .inference import FILE, Trained


def samples(probabilities: np.ndarray, labels: np.ndarray, count: int) -> list[int]:
    """Return `count` rows worth looking at: up to half of them wrong, the surest mistakes first.

    The others are right: the least sure one of each class in turn, for those tell most.
    """
    predicted, sureness = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-sureness[wrong], kind="stable")][: count // 2]
    right = np.flatnonzero(predicted == labels)
    right = right[np.argsort(sureness[right], kind="stable")]
    turns = {int(row): int((labels[right[:place]] == labels[row]).sum()) for place, row in enumerate(right)}
    right = sorted(right, key=lambda row: (turns[int(row)], labels[row]))[: count - len(wrong)]
    return [int(row) for row in (*wrong, *right)]


def describe(images: data.Images, probabilities: np.ndarray, row: int) -> dict[str, Any]:
    """Return one sample as plain values."""
    return {
        "index": row,
        "truth": int(images.labels[row]),
        "scores": [round(float(score), 6) for score in probabilities[row]],
        "pixels": [[round(float(ink), 4) for ink in line] for line in images.pixels[row]],
    }


def bars(sample: dict[str, Any]) -> str:
    """Return a sample's scores as text for a terminal."""
    lines = []
    for place, score in enumerate(sample["scores"]):
        mark = "  <- truth" if place == sample["truth"] else ""
        lines.append(f"  {data.CLASSES[place]} {score:7.2%} {'█' * round(score * 40)}{mark}")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, predict, and write the samples down."""
    parser = argparse.ArgumentParser(prog="python -m digits.predict", description=__doc__.splitlines()[0])
    data.add_arguments(parser)
    parser.add_argument("--outputs", type=Path, default=Path("outputs"), metavar="DIR")
    parser.add_argument("--count", type=int, default=24, help="how many samples to keep (default: 24)")
    parser.add_argument("--index", type=int, default=0, help="the one test image to show (default: 0)")
    options = parser.parse_args()
    model = Trained.load(options.outputs / FILE)
    test = data.load(options.mnist, model.seed).test
    model.check_data(test)
    if options.count < 1:
        raise DigitsError("--count has to be at least 1")
    if not 0 <= options.index < len(test):
        raise DigitsError(f"--index has to be one of 0 to {len(test) - 1}")

    probabilities = model.probabilities(test)
    rows = samples(probabilities, test.labels, options.count)
    kept = [describe(test, probabilities, row) for row in rows]
    storage.write_json(
        options.outputs / "predictions.json",
        {"schema": 1, "data": test.name, "classes": list(data.CLASSES), "predictions": kept},
    )
    right = int((probabilities.argmax(1) == test.labels).sum())
    print(f"a batch of {len(test)} test images: {right} right, {len(test) - right} wrong; {len(kept)} kept")

    one = describe(test, probabilities, options.index)
    drawing = picture.svg(one["pixels"], one["scores"], data.CLASSES, one["truth"])
    storage.write(options.outputs / "sample.svg", drawing.encode())
    print(f"test image {one['index']} (drawn in {options.outputs / 'sample.svg'}):\n{bars(one)}")


if __name__ == "__main__":
    run(main)
