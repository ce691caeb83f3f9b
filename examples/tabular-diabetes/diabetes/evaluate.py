"""Judge the model on the test part, which it has never seen: `python -m diabetes.evaluate`.

Leaves in outputs/: evaluation.json, predictions.json, gallery.json and the pictures in it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from provenv_runtime.estimates import bootstrap, mean
from provenv_runtime.evaluation import Evaluation
from provenv_runtime.outputs import write_json

from . import data, pictures, suspicion
from .data import FEATURES, Parts, Patients
from .errors import Fault, run
from .figures import best_ridge, pairs, r2, rmse
from .inference import FILE, Trained

OUTPUTS = Path("outputs")
SHOWN = 20


def judge(model: Trained, parts: Parts) -> Evaluation:
    """Return the model's figures on the test part, with what two simpler ones reach, and what was checked."""
    test, record = parts.test, model.record
    told = model.told(test)
    items = pairs(test.progression, told)
    folds = record.folds
    strength, ridge = best_ridge(parts.train, parts.validation)
    others = {
        "the mean of the training part": np.full(len(test), parts.train.progression.mean()),
        f"ridge regression, strength {strength:.3g}": ridge.progression(test.measured),
    }
    metrics = {
        "R2": bootstrap(r2, items),
        "RMSE": bootstrap(rmse, items),
        "mean absolute error": mean(np.abs(test.progression - told).tolist()),
    }
    if folds:
        metrics[f"R2, mean of {len(folds['declared'])} folds"] = mean(folds["declared"])
        metrics[f"R2 of ridge regression, mean of {len(folds['ridge'])} folds"] = mean(folds["ridge"])
    return Evaluation(
        task="regression",
        of="patients",
        count=len(test),
        metrics=metrics,
        better={name: "higher" if name.startswith("R2") else "lower" for name in metrics},
        baselines={name: bootstrap(r2, pairs(test.progression, one)) for name, one in others.items()},
        split={name: len(part) for name, part in parts.named.items()},
        split_digest=parts.digest,
        checks=suspicion.looked_at(record, parts, told),
        seconds=record.seconds,
        parameters=model.parameters,
        settings=record.settings,
    )


def described(patients: Patients, told: np.ndarray, row: int) -> dict[str, object]:
    """Return one patient as predictions.json has it."""
    measured = ", ".join(
        f"{name} {value:g}" for name, value in zip(FEATURES, patients.measured[row], strict=True)
    )
    return {
        "index": row,
        "text": measured,
        "truth": float(patients.progression[row]),
        "predicted": round(float(told[row]), 4),
    }


def report(model: Trained, parts: Parts) -> None:
    """Judge, write all of it down, and print it; end with 1 where the figures are worthless."""
    evaluation = judge(model, parts)
    evaluation.write(OUTPUTS / "evaluation.json")
    told = model.told(parts.test)
    rows = range(min(SHOWN, len(parts.test)))
    write_json(
        OUTPUTS / "predictions.json", {"predictions": [described(parts.test, told, row) for row in rows]}
    )
    pictures.draw(OUTPUTS, model, parts)
    for name, figure in evaluation.metrics.items():
        print(f"{name}: {figure}")
    for name, figure in evaluation.baselines.items():
        print(f"{evaluation.headline[0]} of {name}: {figure}")
    print(f"{evaluation.count} {evaluation.of} of the test part, split {parts.digest}")
    problems = evaluation.problems()
    if problems:
        sys.exit("\n".join(f"diabetes: {one}" for one in problems))


def finish(model: Trained, parts: Parts) -> None:
    """Save the model, believe it once it was read back, and judge it."""
    model.save(OUTPUTS / FILE)
    if not np.array_equal(model.told(parts.validation), Trained.load(OUTPUTS / FILE).told(parts.validation)):
        raise Fault(f"{OUTPUTS / FILE} was saved, but what is loaded from it answers differently")
    print(f"the best epoch was {model.record.epoch}; {OUTPUTS / FILE} is saved, {model.parameters} weights")
    report(model, parts)


def main() -> None:
    """Judge the saved model."""
    argparse.ArgumentParser(prog="python -m diabetes.evaluate", description=__doc__).parse_args()
    report(Trained.load(OUTPUTS / FILE), data.load())


if __name__ == "__main__":
    run(main)
