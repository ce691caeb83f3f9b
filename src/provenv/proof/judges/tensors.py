"""Judges torch's numbers: per device against a reference, gradients, mixed precision, repeatability."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...errors import text
from ...model.evidence import Check
from ..verdict import FACTS, REBUILD, Raw, Verdict, failed, hint, lines, passed, skipped, upgrade

# unit roundoff: half the distance from 1 to the next number of the type (IEEE 754; bfloat16 has 8 bits)
UNIT = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
# central differences of float64 with a step of 6e-6 are right to about 1e-10
GRADIENT_TOLERANCE = 1e-6
HINTS = (REBUILD, upgrade("torch"))


def tolerance(dtype: str, terms: int) -> float:
    """Return how far a result of `terms` summands may be from the exact one, by their magnitudes.

    gamma_n = n u / (1 - n u) bounds every order of summation (Higham, Accuracy
    and Stability of Numerical Algorithms, 2nd ed., 3.1). The 16-bit types are
    summed in float32 and rounded at the end, some kernels also in between: 4 u.
    No summands: nothing is rounded, the result is exact.
    """
    if terms == 0:
        return 0.0
    short = dtype in ("float16", "bfloat16")
    grown = (terms + 2) * UNIT["float32" if short else dtype]
    return grown / (1 - grown) + (4 * UNIT[dtype] if short else 0.0)


def judge_tensors(check: Check, raw: Raw) -> Verdict:
    """Judge each device, type and operation by its distance from the reference."""
    wrong, worst, count = [], (-1.0, 0.0, 0.0), 0
    for entry in raw["results"]:
        where = f"{entry['operation']} {entry['dtype']} {entry['device']}"
        error = entry.get("error")
        if error:
            # old versions have no 16-bit kernels for the CPU; that is a gap, not a fault
            if "not implemented" not in error or UNIT[entry["dtype"]] < UNIT["float16"]:
                wrong.append(f"{where}: {error}")
            continue
        count += 1
        allowed, distance = tolerance(entry["dtype"], entry["terms"]), float(entry["distance"])
        if not distance <= allowed:
            wrong.append(f"{where}: {distance:.2e} > {allowed:.2e}")
        worst = max(worst, (_ratio(distance, allowed), distance, allowed))
    devices = dict.fromkeys(entry["device"] for entry in raw["results"])
    if wrong or not count:
        return failed(
            check,
            text("proof.tensors.wrong", n=len(wrong), first=wrong[0] if wrong else ""),
            evidence=lines(wrong),
            hints=HINTS,
            distance=_finite(worst[1]),
            tolerance=worst[2],
        )
    return passed(check, distance=worst[1], tolerance=worst[2], results=count, devices=", ".join(devices))


def judge_gradients(check: Check, raw: Raw) -> Verdict:
    """Judge each operation's gradient by its distance from central differences."""
    return _by_distance(
        check,
        [(entry["operation"], entry.get("error"), entry.get("distance")) for entry in raw["results"]],
        GRADIENT_TOLERANCE,
    )


def judge_mixed_precision(check: Check, raw: Raw) -> Verdict:
    """Judge autocast: it computes in bfloat16, and stays near float32.

    Each layer rounds its inputs, weights and results once: 3 u a layer.
    """
    allowed = 3 * int(raw["results"][0]["layers"]) * UNIT["bfloat16"]
    for entry in raw["results"]:
        if not entry.get("error") and entry["dtype"] != "bfloat16":
            why = text("proof.mixed_precision.dtype", dtype=entry["dtype"], device=entry["device"])
            return failed(check, why, evidence=f"{entry['device']}: {entry['dtype']}", hints=HINTS)
    found = [
        (f"{entry['device']} {part}", entry.get("error"), entry.get(part))
        for entry in raw["results"]
        for part in ("forward", "backward")
    ]
    return _by_distance(check, found, allowed)


def _by_distance(
    check: Check, found: Sequence[tuple[str, str | None, float | None]], allowed: float
) -> Verdict:
    wrong = [
        f"{name}: {error or format(float(distance or 0), '.2e')}" + ("" if error else f" > {allowed:.2e}")
        for name, error, distance in found
        if error or distance is None or not distance <= allowed
    ]
    worst = max((distance for _, _, distance in found if distance is not None), default=None)
    if wrong:
        why = text(f"proof.{check.payload[:-3]}.wrong", n=len(wrong), first=wrong[0])
        return failed(
            check,
            why,
            evidence=lines(wrong),
            hints=HINTS,
            distance=None if worst is None else _finite(worst),
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
    return failed(check, why, evidence=lines(differing), hints=HINTS)


def judge_accelerator(check: Check, raw: Raw) -> Verdict:
    """Judge whether each accelerator runs a kernel; that one is reported as available is not enough."""
    built, wanted = raw["built"], str(check.options.get("wanted", "auto"))
    if built == "cpu":
        if wanted in ("auto", "cpu"):
            return skipped(check, text("proof.accelerator.built_for_cpu", torch=raw["torch"]))
        why = text("proof.accelerator.other_build", wanted=wanted, torch=raw["torch"])
        return failed(check, why, hints=(hint("why_accelerator", "provenv why accelerator"),))
    if not raw["devices"]:
        return _judge_absence(check, raw)
    for device in raw["devices"]:
        error = device.get("error", "")
        if "no kernel image" in error:
            architectures = ", ".join(raw.get("architectures", ()))
            why = text(
                "proof.accelerator.no_kernel",
                name=device.get("name", device["device"]),
                capability=device.get("capability", "?"),
                torch=raw["torch"],
                architectures=architectures,
            )
            return failed(
                check,
                why,
                evidence=error,
                hints=(hint("why_accelerator", "provenv why accelerator"), upgrade("torch")),
            )
        if error or device["distance"] != 0:
            told = error or f"{device['distance']} != 0"
            why = text("proof.accelerator.broken", name=device.get("name", device["device"]))
            return failed(check, why, evidence=f"{device['device']}: {told}", hints=(FACTS, *HINTS))
    names = ", ".join(str(device.get("name", device["device"])) for device in raw["devices"])
    return passed(check, devices=names, n=len(raw["devices"]))


def _judge_absence(check: Check, raw: Raw) -> Verdict:
    """Judge a build for an accelerator that sees none: right where the place has none, else a fault."""
    state, start = str(check.options.get("state", "")), str(raw.get("start", ""))
    none_here = state in ("none", "no-device") or (not state and "no NVIDIA driver" in start)
    if none_here and raw["built"] == "cuda":
        return skipped(check, text("proof.accelerator.absent", built=raw["built"]), evidence=start)
    if raw["built"] != "cuda" and str(check.options.get("wanted")) in ("auto", "cpu"):
        return skipped(check, text("proof.accelerator.absent", built=raw["built"]), evidence=start)
    why = text("proof.accelerator.unseen", built=raw["built"], torch=raw["torch"])
    return failed(
        check, why, evidence=start, hints=(FACTS, hint("why_accelerator", "provenv why accelerator"))
    )


def _ratio(distance: float, allowed: float) -> float:
    if not math.isfinite(distance):
        return math.inf
    return distance / allowed if allowed else distance * 1e300


def _finite(distance: float) -> float | None:
    return distance if math.isfinite(distance) else None
