"""TensorFlow: with CUDA from its own extra, below the versions that this driver and these GPUs refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.lock import Choice, Refusal
from ..tables import table
from .fitted import Addition, Part, Rewrite
from .wanted import Wanted, following, overlaps, runs

NAME = "tensorflow"
EXTRA = "and-cuda"


def fit(wanted: Wanted, major: int | None) -> Part:
    """Return TensorFlow as the machine needs it, and which Keras it comes with."""
    part = _obsolete(wanted)
    if not wanted.has(NAME):
        return part + _legacy_keras(wanted)
    if wanted.kind == "cuda" and wanted.system == "linux":
        part += _cuda(wanted, major)
    elif wanted.kind == "cuda" and wanted.system == "windows":
        part += Part(
            findings=(
                _finding(wanted, "windows", last=str(table("families/tensorflow")["windows_gpu_last"])),
            )
        )
    elif wanted.kind == "mps":
        part += _metal(wanted)
    elif wanted.kind in ("rocm", "xpu", "tpu", "ascend"):
        part += Part(findings=(_finding(wanted, wanted.kind, kind=wanted.kind),))
    return part + _legacy_keras(wanted)


def _cuda(wanted: Wanted, major: int | None) -> Part:
    specifiers = wanted.specifiers(NAME)
    refused: list[Refusal] = []
    above: str | None = None
    for row in reversed(table("families/tensorflow")["rows"]):
        if overlaps(specifiers, row["from"], row["to"]):
            why = runs(wanted, row)
            if why is None and major is not None and Version(row["cuda"]).major != major:
                why = text("lock.families.variant.major", cuda=row["cuda"], major=major)
            if why is None:
                return _taken(wanted, row, above, tuple(refused))
            refused.append(Refusal(_span(row), why))
        above = row["from"]
    why = refused[0].why if refused else text("lock.families.variant.versions", specifiers=str(specifiers))
    return Part(
        choices=(Choice("variant:tensorflow", NAME, why, tuple(refused)),),
        findings=(_finding(wanted, "cpu_only", why=why),),
    )


def _taken(wanted: Wanted, row: Mapping[str, Any], above: str | None, refused: tuple[Refusal, ...]) -> Part:
    why = text("lock.families.tensorflow.cuda", cuda=row["cuda"], cudnn=row["cudnn"], versions=_span(row))
    found = Part(
        constraints=(f"{NAME}<{above}",) if above else (),
        choices=(Choice("variant:tensorflow", f"{NAME}[{EXTRA}]", why, refused),),
        findings=_compiled_late(wanted, row),
    )
    if not wanted.declared(NAME):
        cause = next(iter(wanted.lines), NAME)
        return found + Part(additions=(Addition(f"{NAME}[{EXTRA}]", NAME, cause),))
    if wanted.line(NAME).fixed:
        return found
    return found + Part(rewrites=(Rewrite(NAME, NAME, (EXTRA,)),))


def _compiled_late(wanted: Wanted, row: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return the note about a GPU that is newer than the code: it is compiled at the first start."""
    native = [Version(one.removesuffix("+PTX")) for one in row["capabilities"]]
    newer = [
        gpu.name
        for gpu in wanted.facts.nvidia.gpus
        if gpu.compute_capability and Version(gpu.compute_capability).major > max(native).major
    ]
    if not newer:
        return ()
    gpus = ", ".join(dict.fromkeys(newer))
    return (problem("PV383", severity="note", gpus=gpus, capabilities=", ".join(row["capabilities"])),)


def _metal(wanted: Wanted) -> Part:
    metal = table("families/tensorflow")["metal"]
    last = str(metal["last"])
    if not wanted.declared("tensorflow-metal"):
        return Part(findings=(_finding(wanted, "metal", last=last, following=following(last)),))
    why = text("lock.families.tensorflow.metal", last=last)
    return Part(
        constraints=(f"{NAME}<{following(last)}",),
        choices=(Choice("variant:tensorflow", "tensorflow-metal", why),),
    )


def _obsolete(wanted: Wanted) -> Part:
    dead: Mapping[str, str] = table("families/tensorflow")["dead"]
    return Part(
        findings=tuple(
            problem(
                "PV384",
                severity="warning",
                where=wanted.line(name).requirement.where,
                name=name,
                last=last,
                hints=(Hint(text("PV384.hint")),),
            )
            for name, last in dead.items()
            if wanted.declared(name)
        )
    )


def _legacy_keras(wanted: Wanted) -> Part:
    """Return Keras 2 beside a TensorFlow that brings Keras 3, where something still speaks it."""
    legacy = table("families/tensorflow")["legacy_keras"]
    package, variable = str(legacy["package"]), str(legacy["variable"])
    modern = (wanted.has(NAME) or wanted.has("tensorflow-cpu")) and _brings_keras_3(wanted)
    users = [name for name in legacy["needed_by"] if wanted.has(name)]
    if not modern:
        return Part()
    asked = wanted.declared("keras") and not overlaps(wanted.specifiers("keras"), "3.0", "3.99")
    part = Part()
    if asked:
        part += Part(
            findings=(
                problem(
                    "PV385",
                    severity="warning",
                    where=wanted.line("keras").requirement.where,
                    variable=variable,
                    hints=(Hint(text("PV385.hint", variable=variable)),),
                ),
            )
        )
    if users and not wanted.declared(package):
        why = text("lock.families.tensorflow.legacy", names=", ".join(users), variable=variable)
        part += Part(
            additions=(Addition(package, package, users[0]),),
            choices=(Choice("companion:tf-keras", package, why),),
        )
    if (users or wanted.declared(package)) and variable not in wanted.spec.variables:
        part += Part(
            findings=(
                problem(
                    "PV386",
                    severity="note",
                    variable=variable,
                    hints=(Hint(text("PV386.hint", variable=variable)),),
                ),
            )
        )
    return part


def _brings_keras_3(wanted: Wanted) -> bool:
    specifiers = wanted.specifiers(NAME) & wanted.specifiers("tensorflow-cpu")
    locked = wanted.locked.get(NAME) or wanted.locked.get("tensorflow-cpu")
    first = str(table("families/tensorflow")["legacy_keras"]["first"])
    return Version(locked) >= Version(first) if locked else overlaps(specifiers, first, None)


def _span(row: Mapping[str, Any]) -> str:
    return f"{row['from']}-{row['to']}" if row["to"] else f">={row['from']}"


def _hint(key: str, **args: str) -> Hint:
    command = "provenv why tensorflow" if key == "cpu_only" else None
    return Hint(text(f"PV387.hint_{key}", **args), command)


def _finding(wanted: Wanted, key: str, why: Text | None = None, **args: str) -> Problem:
    where = wanted.line(NAME).requirement.where if wanted.declared(NAME) else None
    return problem(
        "PV387",
        severity="warning",
        name="TensorFlow",
        where=where,
        why=why or text(f"PV387.{key}", **args),
        hints=(_hint(key, **args),),
    )
