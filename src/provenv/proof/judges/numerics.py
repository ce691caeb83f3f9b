"""Judges numpy: linear algebra, generators, threads, and the bridge to torch."""

from __future__ import annotations

from ...errors import text
from ...model.evidence import Check
from ..verdict import FACTS, REBUILD, Raw, Verdict, failed, hint, lines, passed, upgrade

# below this LAPACK's own test programs take a residual, scaled by n u, as right (LAPACK Working Note 41)
THRESHOLD = 30.0
HINTS = (REBUILD, upgrade("numpy"))

# what these give from seed 2024, in every version: NEP 19 keeps raw streams and RandomState as they are
KNOWN: dict[str, list[int] | list[float]] = {
    "PCG64": [12466887728733407976, 3953565242300289241, 5708382416764231905, 14747546482812861412],
    "MT19937": [2738951007, 2271682194, 671781373, 988117057],
    "RandomState": [0.5880145188953979, 0.6991087476815825, 0.18815196003850598, 0.043808563746864815],
}


def judge_linear_algebra(check: Check, raw: Raw) -> Verdict:
    """Judge each decomposition and product by its scaled residual."""
    found = [
        (f"{name} {dtype}", residual)
        for dtype, residuals in raw["results"].items()
        for name, residual in residuals.items()
    ]
    wrong = [
        f"{name}: {residual} > {THRESHOLD}"
        for name, residual in found
        if residual is None or not residual <= THRESHOLD
    ]
    worst = max((residual for _, residual in found if residual is not None), default=None)
    if wrong:
        why = text("proof.linear_algebra.wrong", n=len(wrong), first=wrong[0])
        return failed(check, why, evidence=lines(wrong), hints=HINTS, distance=worst, tolerance=THRESHOLD)
    return passed(check, distance=worst, tolerance=THRESHOLD, results=len(found))


def judge_random_generators(check: Check, raw: Raw) -> Verdict:
    """Judge whether all runs agree, and whether the fixed streams are the known ones."""
    first, again, elsewhere = raw["runs"]
    wrong = [
        f"{name}: {first[name]} {again.get(name)} {elsewhere.get(name)}"
        for name in first
        if not first[name] == again.get(name) == elsewhere.get(name)
    ]
    wrong += [
        f"{name}: {first.get(name)} != {known}" for name, known in KNOWN.items() if first.get(name) != known
    ]
    if wrong:
        names = ", ".join(dict.fromkeys(line.partition(":")[0] for line in wrong))
        return failed(
            check,
            text("proof.random_generators.differ", names=names),
            evidence=lines(wrong),
            hints=HINTS,
        )
    return passed(check, generators=len(first))


def judge_blas_threads(check: Check, raw: Raw) -> Verdict:
    """Judge whether BLAS computes with at most as many threads as cores are granted."""
    threads, allowed = int(raw["threads"]), int(raw["allowed"])
    if threads > allowed:
        told = [f"threads: {threads} > {allowed}"]
        told += [f"{name}={value}" for name, value in sorted(raw["variables"].items())]
        why = text("proof.blas_threads.many", threads=threads, granted=f"{raw['granted']:g}")
        hints = (hint("threads", "provenv prove", threads=allowed), FACTS)
        return failed(check, why, evidence=lines(told), hints=hints)
    return passed(check, threads=threads, granted=f"{raw['granted']:g}")


def judge_numpy_bridge(check: Check, raw: Raw) -> Verdict:
    """Judge whether each type is shared between numpy and torch."""
    wrong = [f"{entry['dtype']}: {'; '.join(entry['wrong'])}" for entry in raw["results"] if entry["wrong"]]
    if not wrong:
        return passed(check, types=len(raw["results"]), numpy=raw["numpy"], torch=raw["torch"])
    why = text("proof.numpy_bridge.broken", numpy=raw["numpy"], torch=raw["torch"])
    evidence = lines([*wrong, *raw["warnings"]])
    return failed(check, why, evidence=evidence, hints=(upgrade("torch"), upgrade("numpy")))
