"""Judges results of the common form (payload/shared/prove_results.py): distances, equalities, accuracies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import text
from ...model.evidence import Check
from ..verdict import Raw, Verdict, failed, lines, passed, remedies
from .tolerance import finite, gap, ratio, tolerance

# of ten classes a network that learns nothing gets a tenth right; the shipped seeds reach 0.95 and more
FLOOR = 0.92


def judge_results(check: Check, raw: Raw) -> Verdict:
    """Judge each entry: its distance by the bound for its type and sums, equality to the bit, accuracy.

    What the script says of itself (`said`) fills the words of what was done.
    """
    wrong, worst, count, lowest = [], (-1.0, 0.0, 0.0), 0, 1.0
    for entry in raw["results"]:
        name, error = str(entry["name"]), entry.get("error")
        if error:
            if not gap(str(entry.get("dtype", "")), str(error)):
                wrong.append(f"{name}: {error}")
            continue
        count += 1
        if "equal" in entry and not entry["equal"]:
            wrong.append(f"{name}: {entry.get('told', '!=')}")
        if "accuracy" in entry:
            lowest = min(lowest, float(entry["accuracy"]))
            if not entry["accuracy"] >= FLOOR:
                wrong.append(f"{name}: {entry['accuracy']:.1%} < {FLOOR:.0%}")
        if "distance" in entry:
            found, most = float(entry["distance"]), bound(entry)
            worst = max(worst, (ratio(found, most), found, most))
            if not found <= most:
                wrong.append(f"{name}: {found:.2e} > {most:.2e}")
    measured = worst[0] >= 0
    distance = finite(worst[1]) if measured else None
    allowed = worst[2] if measured else None
    if wrong or not count:
        why = text("proof.results.wrong", n=len(wrong), first=wrong[0] if wrong else "-")
        evidence = lines(wrong)
        return failed(
            check, why, evidence=evidence, hints=remedies(check), distance=distance, tolerance=allowed
        )
    said = {"results": count, "accuracy": f"{lowest:.1%}", "floor": f"{FLOOR:.0%}", **raw.get("said", {})}
    return passed(check, distance=distance, tolerance=allowed, **said)


def bound(entry: Mapping[str, Any]) -> float:
    """Return how far an entry's result may be: `layers` times the bound of a sum of its length."""
    return int(entry.get("layers", 1)) * tolerance(str(entry["dtype"]), int(entry["terms"]))
