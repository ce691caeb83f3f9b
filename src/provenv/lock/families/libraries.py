"""NVIDIA's libraries in a lock: what brings them where no GPU is, and two majors over the same files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...errors import Hint, Problem, problem, text
from ...model.lock import Choice, Package
from .fitted import Part
from .wanted import Wanted

MAJOR = re.compile(r"(nvidia-.+)-cu(\d+)")
NCCL = "nvidia-nccl-cu"
BOTH = (f"{NCCL}12", f"{NCCL}13")
# the folders of both majors are the same one (RECORD of their wheels): nvidia/cudnn, nvidia/nccl...
SHARED = ("nvidia-cudnn", "nvidia-nccl", "nvidia-nvshmem", "nvidia-cusparselt")
SMALL = frozenset({"nvidia-ml-py", "nvidia-smi"})
SHOWN = 5


def fit(wanted: Wanted, major: int | None) -> Part:
    """Return NCCL left out where XGBoost brings it for nothing, or in another major than torch's.

    XGBoost opens NCCL only when it trains on several GPUs (its documentation:
    "NCCL is loaded at run time"), and then takes any libnccl.so.2 of the environment.
    """
    if not wanted.has("xgboost") or wanted.system != "linux":
        return Part()
    if wanted.kind != "cuda":
        why = text("lock.families.nccl.no_gpu")
        return Part(excluded=BOTH, choices=(Choice("library:nccl", "none", why),))
    here = {name for name in wanted.locked if name.startswith(NCCL)}
    other = tuple(name for name in sorted(here) if major is not None and name != f"{NCCL}{major}")
    if (f"{NCCL}{major}" in here and other) or f"!{NCCL}" in wanted.held:
        why = text("lock.families.nccl.major", major=major or 0)
        names = other or tuple(one for one in BOTH if one != f"{NCCL}{major}")
        return Part(
            excluded=names, choices=(Choice("library:nccl", f"{NCCL}{major}", why),), held=(f"!{NCCL}",)
        )
    return Part()


def review(wanted: Wanted, packages: Sequence[Package]) -> tuple[Problem, ...]:
    """Return what is wrong with NVIDIA's libraries in a finished lock."""
    return (*_twice(packages), *_needless(wanted, packages))


def _twice(packages: Iterable[Package]) -> Iterable[Problem]:
    found: dict[str, list[str]] = {}
    for package in packages:
        match = MAJOR.fullmatch(package.name)
        if match and match[1] in SHARED:
            found.setdefault(match[1], []).append(package.name)
    for names in found.values():
        if len(names) > 1:
            yield problem(
                "PV397",
                severity="warning",
                first=names[0],
                second=names[1],
                why=text("PV381.why"),
                hints=(Hint(text("PV397.hint"), f"provenv why {names[0]}"),),
            )


def _needless(wanted: Wanted, packages: Sequence[Package]) -> Iterable[Problem]:
    """Yield for a machine without an NVIDIA GPU which packages bring how many bytes for one."""
    if wanted.kind == "cuda":
        return
    brought: dict[str, list[Package]] = {}
    for package in packages:
        if package.name.startswith("nvidia-") and package.name not in SMALL:
            for cause in package.required_by or ("?",):
                if not cause.startswith("nvidia-"):
                    brought.setdefault(cause, []).append(package)
    for cause, libraries in brought.items():
        if cause == "torch":
            # said with the choice of torch's source
            continue
        size = sum(max((one.size or 0 for one in each.artifacts), default=0) for each in libraries)
        yield problem(
            "PV398",
            severity="warning",
            cause=cause,
            n=len(libraries),
            size_bytes=size,
            names=_some(libraries),
            hints=(Hint(text("PV398.hint", cause=cause), f"provenv why {libraries[0].name}"),),
        )


def _some(packages: Sequence[Package]) -> str:
    """Return the first names, largest first: with size and count said, the rest tells nothing."""
    ordered = sorted(packages, key=lambda one: -max((file.size or 0 for file in one.artifacts), default=0))
    names = [one.name for one in ordered[:SHOWN]]
    return ", ".join([*names, "..."] if len(ordered) > SHOWN else names)
