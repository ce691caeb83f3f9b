"""Judges the trainings: accuracy on images that were not seen must be above a floor."""

from __future__ import annotations

from ...errors import text
from ...model.evidence import Check, Measure
from ..verdict import REBUILD, Raw, Verdict, failed, lines, passed, upgrade

# A network that learns nothing gets a tenth of ten classes right; a linear model gets 0.95 of these digits.
# The floors are below what the shipped seeds reach (0.96 and more) and out of reach for a broken pipeline.
FLOOR = {"digits": 0.92, "synthetic": 0.92}
FLOOR_CLASSIFIERS = 0.92


def judge_training(check: Check, raw: Raw) -> Verdict:
    """Judge the small network: its losses fall, and its accuracy is above the floor."""
    floor = FLOOR[raw["data"]]
    accuracy, losses = float(raw["accuracy"]), [float(loss) for loss in raw["losses"]]
    rate = float(raw["images"]) / float(raw["seconds"])
    measures = (
        Measure("training", round(rate, 1), "images/s"),
        Measure("training.accuracy", round(100 * accuracy, 2), "%"),
    )
    if accuracy >= floor and losses[-1] < losses[0]:
        return passed(
            check,
            measures=measures,
            accuracy=f"{accuracy:.1%}",
            floor=f"{floor:.0%}",
            held=int(raw["held"]),
            data=str(raw["data"]),
            epochs=len(losses),
        )
    curve = " ".join(f"{loss:.4f}" for loss in losses)
    return failed(
        check,
        text("proof.training.low", accuracy=f"{accuracy:.1%}", floor=f"{floor:.0%}", held=int(raw["held"])),
        evidence=f"loss: {curve}\naccuracy: {accuracy:.4f} < {floor}",
        hints=(REBUILD, upgrade("torch")),
        measures=measures,
    )


def judge_classifiers(check: Check, raw: Raw) -> Verdict:
    """Judge scikit-learn's models, each by its accuracy."""
    results = raw["results"]
    low = [entry for entry in results if entry.get("error") or not entry["accuracy"] >= FLOOR_CLASSIFIERS]
    measures = tuple(
        Measure(f"accuracy.{entry['model']}", round(100 * entry["accuracy"], 2), "%")
        for entry in results
        if "accuracy" in entry
    )
    if not low:
        worst = min(entry["accuracy"] for entry in results)
        return passed(
            check,
            measures=measures,
            models=len(results),
            accuracy=f"{worst:.1%}",
            floor=f"{FLOOR_CLASSIFIERS:.0%}",
        )
    told = [
        f"{entry['model']}: {entry.get('error') or format(entry['accuracy'], '.4f')}"
        + ("" if entry.get("error") else f" < {FLOOR_CLASSIFIERS}")
        for entry in low
    ]
    return failed(
        check,
        text("proof.classifiers.low", model=low[0]["model"], n=len(low), floor=f"{FLOOR_CLASSIFIERS:.0%}"),
        evidence=lines(told),
        hints=(REBUILD, upgrade("scikit-learn")),
        measures=measures,
    )
