"""What a package needs when it runs and does not require itself: a backend, a trainer's helper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import Hint, Problem, problem, text
from ...model.lock import Choice
from ..tables import table
from .fitted import Part
from .wanted import Wanted, overlaps

BACKENDS = ("tensorflow", "torch", "jax", "openvino")
VARIABLE = "KERAS_BACKEND"


def fit(wanted: Wanted) -> Part:
    """Return what is missing beside the declared packages; said, never added: it may be gigabytes."""
    rows = table("families/companions")
    findings = [_missing(wanted, row) for row in rows["rows"] if _is_missing(wanted, row)]
    for old, new in rows["twins"]:
        if wanted.declared(old) and wanted.declared(new):
            where = wanted.line(old).requirement.where
            findings.append(problem("PV390", severity="warning", where=where, old=old, new=new))
    return Part(findings=tuple(findings)) + _keras(wanted)


def _is_missing(wanted: Wanted, row: Mapping[str, Any]) -> bool:
    if not wanted.declared(row["package"]) or any(wanted.has(name) for name in row["any"]):
        return False
    return all(wanted.declared(name) for name in row.get("with", ()))


def _missing(wanted: Wanted, row: Mapping[str, Any]) -> Problem:
    return problem(
        "PV389",
        severity=row.get("severity", "warning"),
        where=wanted.line(row["package"]).requirement.where,
        name=row["package"],
        why=text(f"PV389.{row['key']}", name=row["package"]),
        hints=(Hint(text("PV389.hint", any=", ".join(row["any"])), f"provenv add {row['add']}"),),
    )


def _keras(wanted: Wanted) -> Part:
    """Return which backend Keras 3 will take, and a warning where that one is not there."""
    if not wanted.declared("keras") or not overlaps(wanted.specifiers("keras"), "3.0", "3.99"):
        return Part()
    there = [
        name
        for name in BACKENDS
        if wanted.has(name) or (name == "tensorflow" and wanted.has("tensorflow-cpu"))
    ]
    if not there:
        return Part()
    said = wanted.spec.variables.get(VARIABLE)
    where = wanted.line("keras").requirement.where
    if said in there:
        return Part(choices=(Choice("keras:backend", said, text("lock.families.keras.said")),))
    if said is not None:
        finding = problem(
            "PV391",
            severity="warning",
            where=where,
            said=said,
            there=", ".join(there),
            hints=(Hint(text("PV391.hint", backend=there[0], variable=VARIABLE)),),
        )
        return Part(findings=(finding,))
    if there[0] == BACKENDS[0]:
        return Part(choices=(Choice("keras:backend", there[0], text("lock.families.keras.default")),))
    finding = problem(
        "PV392",
        severity="warning",
        where=where,
        backend=there[0],
        hints=(Hint(text("PV391.hint", backend=there[0], variable=VARIABLE)),),
    )
    return Part(findings=(finding,))
