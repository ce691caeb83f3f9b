"""One CUDA major for all: NVIDIA's libraries of two majors overwrite each other's files in one environment.

`nvidia-cudnn-cu12` and `nvidia-cudnn-cu13` both install `nvidia/cudnn/lib/libcudnn.so.9`
(so do NCCL, cuSPARSELt and NVSHMEM): what is loaded then is whichever was unpacked last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from ...errors import Hint, Problem, problem, text
from ..accelerators import Candidate, Decision
from ..builds import cuda_version, is_cuda
from ..tables import table
from .jax import rows_of
from .wanted import Wanted, cuda_major, overlaps, runs


@dataclass(frozen=True)
class Agreed:
    """The CUDA major that everything shares (None: nothing asks), and what could not agree.

    `binding`: torch is among several that share it, so its builds of another major are out.
    """

    major: int | None = None
    binding: bool = False
    findings: tuple[Problem, ...] = ()


def agree(wanted: Wanted) -> Agreed:
    """Return the CUDA major for every package that brings NVIDIA's libraries."""
    if wanted.kind != "cuda":
        return Agreed()
    common: list[int] = []
    by, findings = "", []
    demands = _demands(wanted)
    for name, majors in demands:
        kept = [one for one in common if one in majors] if by else list(majors)
        if not kept:
            findings.append(_apart(name, majors, by, common))
            continue
        if not by or len(kept) < len(common):
            by = name
        common = kept
    binding = len(demands) > 1 and demands[0][0] == "torch"
    return Agreed(common[0] if common else None, binding, tuple(findings))


def narrowed(decision: Decision, major: int | None) -> Decision:
    """Return the decision with the builds of that CUDA major alone, where it has any."""
    kept = tuple(one for one in decision.candidates if _fits(one, major))
    if major is None or not kept or len(kept) == len(decision.candidates):
        return decision
    return Decision(kept, decision.refused, decision.findings)


def majors_of(wanted: Wanted, rows: Iterable[Mapping[str, Any]], name: str) -> tuple[int, ...]:
    """Return the CUDA majors of the versions that are allowed and run here, newest first."""
    specifiers = wanted.specifiers(name)
    found = {
        Version(str(row["cuda"])).major
        for row in rows
        if overlaps(specifiers, row["from"], row["to"]) and runs(wanted, row) is None
    }
    return tuple(sorted(found, reverse=True))


def _demands(wanted: Wanted) -> list[tuple[str, tuple[int, ...]]]:
    """Return who has which CUDA majors to offer, best first: torch has the first word."""
    tensorflow = table("families/tensorflow")["rows"]
    compiled = table("families/compiled")["packages"]
    demands = []
    if wanted.has_torch:
        majors = [cuda_major(one.build) for one in wanted.decision.candidates]
        demands.append(("torch", tuple(dict.fromkeys(one for one in majors if one is not None))))
    if wanted.has("tensorflow") and wanted.system == "linux":
        demands.append(("tensorflow", majors_of(wanted, tensorflow, "tensorflow")))
    demands += [
        (name, majors_of(wanted, row["rows"], name))
        for name, row in compiled.items()
        if "rows" in row and wanted.has(name)
    ]
    if wanted.system == "linux" and any(wanted.has(name) for name in table("families/jax")["names"]):
        demands.append(("jax", majors_of(wanted, rows_of(wanted), "jax")))
    for name in ("onnxruntime-gpu", "onnxruntime"):
        if wanted.declared(name):
            rows = table("families/variants")["groups"]["onnxruntime"]["members"]["onnxruntime-gpu"]["rows"]
            demands.append((name, majors_of(wanted, rows, name)))
    return [(name, majors) for name, majors in demands if majors]


def _apart(name: str, majors: tuple[int, ...], other: str, common: list[int]) -> Problem:
    return problem(
        "PV381",
        severity="warning",
        name=name,
        majors=", ".join(map(str, majors)),
        other=other,
        others=", ".join(map(str, common)),
        why=text("PV381.why"),
        hints=(Hint(text("PV381.hint")),),
    )


def _fits(candidate: Candidate, major: int | None) -> bool:
    return is_cuda(candidate.build) and Version(cuda_version(candidate.build)).major == major
