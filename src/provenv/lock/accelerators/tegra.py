"""NVIDIA's Jetsons: which of them run the ordinary builds, and which have wheels of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import Version

from ...errors import Hint, Text, problem, text
from ...model.facts import Facts
from ...model.spec import Spec
from .. import builds
from ..platforms import machine_of
from ..requirements import torch_specifiers
from ..tables import table
from .decision import Candidate, Outcome, named

CAPABILITIES = frozenset({"5.3", "6.2", "7.2", "8.7"})
NAME = re.compile(r"\b(tegra|jetson|orin|xavier|nvgpu)\b", re.IGNORECASE)
KERNEL = re.compile(r"(\d+\.\d+)\..*-tegra")
FIRST_SERVER_MAJOR = 10


@dataclass(frozen=True)
class Release:
    """A JetPack: its Linux for Tegra, CUDA and Python, whether server builds run on it, where wheels are."""

    l4t: str
    jetpack: str
    cuda: str
    python: str
    sbsa: bool
    index: str | None = None
    build: str = ""
    capabilities: tuple[str, ...] = ()
    torch: tuple[str, ...] = ()


def is_tegra(facts: Facts) -> bool:
    """Tell whether the machine is a Jetson, by Linux for Tegra or by its GPU."""
    if machine_of(facts.platform) != "aarch64":
        return False
    if facts.platform.l4t or KERNEL.match(facts.platform.kernel):
        return True
    return any(
        gpu.compute_capability in CAPABILITIES or NAME.search(gpu.name) is not None
        for gpu in facts.nvidia.gpus
    )


def release(facts: Facts) -> Release | None:
    """Return the JetPack of the machine, None where nothing tells it."""
    major = facts.platform.l4t.split(".")[0]
    kernel = KERNEL.match(facts.platform.kernel)
    for row in table("jetson")["releases"]:
        if row["l4t"] == major or (not major and kernel is not None and row.get("kernel") == kernel[1]):
            return Release(
                row["l4t"],
                row["jetpack"],
                row["cuda"],
                row["python"],
                row["sbsa"],
                row["index"],
                row.get("build", ""),
                tuple(row.get("capabilities", ())),
                tuple(row.get("torch", ())),
            )
    return None


def runs_server_builds(facts: Facts) -> bool:
    """Tell whether the ordinary aarch64 builds run: the server stack, and a GPU that they have code for.

    Code for 8.0 does not run on 8.7 (CUDA C Programming Guide 3.1.2), so only GPUs from 10.0 on do.
    """
    found = release(facts)
    capabilities = [gpu.compute_capability for gpu in facts.nvidia.gpus]
    return (
        found is not None
        and found.sbsa
        and all(one is not None and Version(one).major >= FIRST_SERVER_MAJOR for one in capabilities)
    )


def consider(spec: Spec, facts: Facts) -> Outcome:
    """Return NVIDIA's own build for a Jetson that needs one, or why there is none."""
    gpus = named(gpu.name for gpu in facts.nvidia.gpus)
    found, specifiers = release(facts), torch_specifiers(spec)
    why = _unfit(facts, found, gpus)
    versions: tuple[str, ...] = ()
    if why is None and found is not None:
        versions = tuple(minor for minor in found.torch if builds.allows(specifiers, minor))
        if not versions:
            why = text(
                "lock.accelerator.jetson_other_versions",
                jetpack=found.jetpack,
                versions=", ".join(found.torch),
                torch=str(specifiers),
            )
    if why is not None or found is None:
        reason = why or text("lock.accelerator.tegra", gpu=gpus)
        hint = Hint(text("PV375.hint"))
        finding = problem("PV375", severity="warning", why=reason, gpus=gpus, hints=(hint,))
        return Outcome("cuda", why=reason, devices=gpus, findings=(finding,), unfit=True)
    reason = text(
        "lock.accelerator.jetson", gpu=gpus, jetpack=found.jetpack, cuda=found.cuda, index=found.index or ""
    )
    note = problem("PV377", severity="note", jetpack=found.jetpack, python=found.python, cuda=found.cuda)
    candidate = Candidate(found.build, reason, versions, label="jetson", index=found.index)
    return Outcome("cuda", (candidate,), devices=gpus, findings=(note,))


def _unfit(facts: Facts, found: Release | None, gpus: str) -> Text | None:
    if found is None:
        return text("lock.accelerator.tegra", gpu=gpus)
    covered = all(
        one.compute_capability is None or one.compute_capability in found.capabilities
        for one in facts.nvidia.gpus
    )
    if found.index is None or not covered:
        return text("lock.accelerator.jetson_no_index", gpu=gpus, jetpack=found.jetpack, python=found.python)
    return None
