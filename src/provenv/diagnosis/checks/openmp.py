"""Several OpenMP run times in one environment: two of Intel's end a process (OMP: Error #15)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.environment import Environment
from ...model.findings import Finding
from ..ground import Ground
from .advising import advice, judged, named

# both register themselves under the same name in a process and refuse a second one; GNU's does not
REFUSING = re.compile(r"lib(iomp5|omp)(md)?(-[0-9a-f]+)?\.")
GNU = re.compile(r"libgomp(-[0-9a-f]+)?\.")


def look(ground: Ground) -> Iterator[Finding]:
    """Yield a finding for each environment with more than one such run time."""
    for environment in judged(ground):
        names = {path: path.rpartition("/")[2] for path in environment.libraries}
        refusing = [path for path, name in names.items() if REFUSING.match(name)]
        gnu = [path for path, name in names.items() if GNU.match(name)]
        if len({path.rpartition("/")[0] for path in refusing}) > 1:
            yield _finding(ground, environment, "hurts", refusing)
        elif refusing and gnu:
            yield _finding(ground, environment, "better", [*refusing, *gnu])
    if ground.variables.get("KMP_DUPLICATE_LIB_OK", "").upper() in ("TRUE", "1"):
        yield Finding(
            "openmp-check-off",
            "packages",
            "hurts",
            what=text("doctor.openmp.off"),
            why=text("doctor.openmp.off.why"),
            evidence=(verbatim("KMP_DUPLICATE_LIB_OK=TRUE"),),
            remedies=(advice("doctor.search.unset", "unset KMP_DUPLICATE_LIB_OK"),),
            subject="KMP_DUPLICATE_LIB_OK",
            cause="openmp-duplicate",
        )


def _finding(ground: Ground, environment: Environment, gravity: str, paths: list[str]) -> Finding:
    where = named(environment, ground)
    owners = sorted({_owner(path) for path in paths})
    hard = gravity == "hurts"
    return Finding(
        "openmp-twice",
        "packages",
        "hurts" if hard else "better",
        what=text("doctor.openmp.twice", n=len(paths), where=where, owners=", ".join(owners)),
        why=text("doctor.openmp.twice.why" if hard else "doctor.openmp.mixed.why"),
        evidence=tuple(verbatim(path) for path in paths),
        remedies=(
            (advice("doctor.openmp.one_source", "provenv why accelerator"),)
            if environment.kind == "generation"
            else (advice("doctor.openmp.one_source"),)
        ),
        subject=where,
        cause="openmp-duplicate",
    )


def _owner(path: str) -> str:
    """Return the package that a library lies in: `scikit_learn` of `.../scikit_learn.libs/libgomp-1.so`."""
    inside = path.partition("site-packages/")[2] or path
    return inside.partition("/")[0].removesuffix(".libs") if "/" in inside else "conda"
