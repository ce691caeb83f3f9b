"""Judges numbers: per device against a reference, gradients, mixed precision, repeatability."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import text
from ...model.evidence import Check
from ..verdict import Raw, Verdict, failed, lines, passed, remedies
from .tolerance import UNIT, finite, gap, ratio, tolerance

# central differences of float64 with a step of 6e-6 are right to about 1e-10
GRADIENT_TOLERANCE = 1e-6


def judge_tensors(check: Check, raw: Raw) -> Verdict:
    """Judge each device, type and operation by its distance from the reference."""
    wrong, worst, count = [], (-1.0, 0.0, 0.0), 0
    for entry in raw["results"]:
        where = f"{entry['operation']} {entry['dtype']} {entry['device']}"
        error = entry.get("error")
        if error:
            if not gap(entry["dtype"], error):
                wrong.append(f"{where}: {error}")
            continue
        count += 1
        allowed, distance = tolerance(entry["dtype"], entry["terms"]), float(entry["distance"])
        if not distance <= allowed:
            wrong.append(f"{where}: {distance:.2e} > {allowed:.2e}")
        worst = max(worst, (ratio(distance, allowed), distance, allowed))
    devices = dict.fromkeys(entry["device"] for entry in raw["results"])
    if wrong or not count:
        return failed(
            check,
            text("proof.tensors.wrong", n=len(wrong), first=wrong[0] if wrong else ""),
            evidence=lines(wrong),
            hints=remedies(check),
            distance=finite(worst[1]),
            tolerance=worst[2],
        )
    named = ", ".join(devices)
    return passed(check, distance=worst[1], tolerance=worst[2], results=count, devices=named)


def judge_gradients(check: Check, raw: Raw) -> Verdict:
    """Judge each operation's gradient by its distance from central differences."""
    return _by_distance(
        check,
        [(entry["operation"], entry.get("error"), entry.get("distance")) for entry in raw["results"]],
        GRADIENT_TOLERANCE,
        "gradients",
    )


def judge_mixed_precision(check: Check, raw: Raw) -> Verdict:
    """Judge autocast: it computes in bfloat16, and stays near float32.

    Each layer rounds its inputs, weights and results once: 3 u a layer.
    """
    allowed = 3 * int(raw["results"][0]["layers"]) * UNIT["bfloat16"]
    for entry in raw["results"]:
        if not entry.get("error") and entry["dtype"] != "bfloat16":
            why = text("proof.mixed_precision.dtype", dtype=entry["dtype"], device=entry["device"])
            return failed(check, why, evidence=f"{entry['device']}: {entry['dtype']}", hints=remedies(check))
    found = [
        (f"{entry['device']} {part}", entry.get("error"), entry.get(part))
        for entry in raw["results"]
        for part in ("forward", "backward")
    ]
    return _by_distance(check, found, allowed, "mixed_precision")


def _by_distance(
    check: Check, found: Sequence[tuple[str, str | None, float | None]], allowed: float, words: str
) -> Verdict:
    wrong = [
        f"{name}: {error or format(float(distance or 0), '.2e')}" + ("" if error else f" > {allowed:.2e}")
        for name, error, distance in found
        if error or distance is None or not distance <= allowed
    ]
    worst = max((distance for _, _, distance in found if distance is not None), default=None)
    if wrong:
        why = text(f"proof.{words}.wrong", n=len(wrong), first=wrong[0])
        return failed(
            check,
            why,
            evidence=lines(wrong),
            hints=remedies(check),
            distance=None if worst is None else finite(worst),
            tolerance=allowed,
        )
    return passed(check, distance=worst, tolerance=allowed, results=len(found))


def judge_repeatability(check: Check, raw: Raw) -> Verdict:
    """Judge whether all runs gave the same bits, part by part."""
    first, again, elsewhere = raw["runs"]
    differing = [
        f"{part}: {first[part]} {again.get(part)} {elsewhere.get(part)}"
        for part in first
        if not first[part] == again.get(part) == elsewhere.get(part)
    ]
    if not differing:
        return passed(check, parts=len(first), device=str(raw["device"]))
    parts = ", ".join(line.partition(":")[0] for line in differing)
    why = text("proof.repeatability.differs", parts=parts, n=len(differing))
    return failed(check, why, evidence=lines(differing), hints=remedies(check))
