"""Which build of PyTorch a machine needs, and why: by driver and by every visible GPU. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from ..errors import Argument, Failure, Hint, Problem, Text, problem, text
from ..model.facts import Facts, Gpu
from ..model.lock import Choice, Refusal
from ..model.spec import Spec
from . import builds as torch_builds
from .builds import Build
from .requirements import torch_specifiers
from .tables import table

TEGRA = frozenset({"5.3", "6.2", "7.2", "8.7"})
TEGRA_NAME = re.compile(r"\b(tegra|jetson|orin|xavier)\b", re.IGNORECASE)
UNKNOWN_DRIVER_MAJOR = 12
OLDEST_MPS = Version("12.3")
OTHERS = ("rocm", "xpu", "tpu", "ascend")


@dataclass(frozen=True)
class Candidate:
    """A build that runs on the machine; `versions`: torch's minor versions that have it and are allowed."""

    build: str
    why: Text
    versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """The candidates, best first (never empty), what was refused, and what deserves a warning."""

    candidates: tuple[Candidate, ...]
    refused: tuple[Refusal, ...] = ()
    findings: tuple[Problem, ...] = ()

    @property
    def choice(self) -> Choice:
        """Return the best candidate as a decision with its reason."""
        best = self.candidates[0]
        rest = tuple(
            Refusal(one.build, text("lock.accelerator.ranked_lower", better=best.build, **_newest(one)))
            for one in self.candidates[1:]
        )
        return Choice("accelerator", best.build, best.why, (*rest, *self.refused))


@dataclass(frozen=True)
class Machine:
    """What decides: platform, driver and its floors' table, the GPUs that a process would see."""

    system: str
    machine: str
    drivers: str
    driver: str | None
    gpus: tuple[Gpu, ...]


def choose(spec: Spec, facts: Facts, *, foreign: bool = False) -> Choice:
    """Return the accelerator for `spec` on the machine, with its reason and all that was refused.

    Raises Failure PV301-PV303 where the declared accelerator can't be had there.
    """
    return decide(spec, facts, foreign=foreign).choice


def decide(spec: Spec, facts: Facts, *, foreign: bool = False) -> Decision:
    """Return every build that runs on the machine, best first; see `choose`.

    The best is the one with the newest torch that the requirements allow; of
    several, the newest whose own driver the machine has; then the newest CUDA.
    """
    if spec.accelerator in OTHERS:
        raise Failure(_not_yet(spec))
    if spec.accelerator == "mps":
        return _mps(facts)
    if spec.accelerator == "cpu":
        return Decision((Candidate("cpu", text("lock.accelerator.cpu_declared")),))
    machine = _machine(facts)
    absent = _without_gpu(facts, machine)
    if absent is not None and spec.accelerator == "auto":
        return _default(facts, absent)
    if absent is not None and not foreign:
        hint = Hint(text("PV301.hint"), "provenv lock --facts box.json")
        raise Failure(problem("PV301", why=absent, hints=(hint,)))
    return _cuda(spec, machine)


def _machine(facts: Facts) -> Machine:
    platform, nvidia = facts.platform, facts.nvidia
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine.lower(), platform.machine.lower())
    windows = platform.system == "windows" or facts.container.wsl > 0
    return Machine(platform.system, machine, "windows" if windows else "linux", nvidia.driver, nvidia.gpus)


def _without_gpu(facts: Facts, machine: Machine) -> Text | None:
    """Return why no CUDA build can run, or None where one may."""
    nvidia = facts.nvidia
    if machine.system == "darwin":
        return text("lock.accelerator.darwin")
    if nvidia.state == "broken":
        return text("lock.accelerator.broken", detail=nvidia.detail)
    if nvidia.state == "no-device":
        return text("lock.accelerator.no_device", driver=nvidia.driver or "?")
    if nvidia.hidden and not nvidia.gpus:
        return text("lock.accelerator.invisible", visible=nvidia.visible or "")
    if nvidia.state == "none" or not nvidia.gpus:
        return text("lock.accelerator.no_gpu")
    tegra = next((gpu for gpu in machine.gpus if _is_tegra(gpu, machine)), None)
    if tegra is not None:
        return text("lock.accelerator.tegra", gpu=tegra.name)
    return None


def _is_tegra(gpu: Gpu, machine: Machine) -> bool:
    return machine.machine == "aarch64" and (
        gpu.compute_capability in TEGRA or TEGRA_NAME.search(gpu.name) is not None
    )


def _has_mps(facts: Facts) -> bool:
    """Tell whether PyTorch can use an Apple GPU: from macOS 12.3 (release notes of PyTorch 1.12)."""
    version = _version(facts.platform.distribution_version)
    apple = facts.platform.system == "darwin" and facts.platform.machine == "arm64"
    return apple and (version is None or version >= OLDEST_MPS)


def _default(facts: Facts, why: Text) -> Decision:
    if _has_mps(facts):
        return Decision((Candidate("mps", text("lock.accelerator.mps")), Candidate("cpu", why)))
    findings: tuple[Problem, ...] = ()
    if facts.nvidia.state == "broken":
        findings = (problem("PV304", severity="warning", why=why, hints=(Hint(None, "nvidia-smi"),)),)
    return Decision((Candidate("cpu", why),), findings=findings)


def _mps(facts: Facts) -> Decision:
    if _has_mps(facts):
        return Decision((Candidate("mps", text("lock.accelerator.mps")),))
    platform = f"{facts.platform.system} {facts.platform.distribution_version} {facts.platform.machine}"
    raise Failure(problem("PV302", platform=platform, hints=(Hint(text("PV302.hint")),)))


def _not_yet(spec: Spec) -> Problem:
    return problem("PV303", accelerator=spec.accelerator, hints=(Hint(text("PV303.hint")),))


def _cuda(spec: Spec, machine: Machine) -> Decision:
    specifiers = torch_specifiers(spec)
    fitting: list[tuple[Build, bool]] = []
    partial: list[Build] = []
    refused: list[Refusal] = []
    for build in torch_builds.builds(machine.machine):
        why = _too_old(build, machine)
        uncovered = [
            gpu for gpu in machine.gpus if gpu.compute_capability and not build.covers(gpu.compute_capability)
        ]
        versions = build.versions(specifiers)
        if why is None and uncovered and len(uncovered) < len(machine.gpus) and versions:
            partial.append(build)
        if why is None and uncovered:
            why = _no_code(build, uncovered[0])
        if why is None and not versions:
            why = _other_versions(build, specifiers)
        if why is not None:
            refused.append(Refusal(build.name, why))
        else:
            fitting.append((build, _has_own_driver(build, machine)))
    if machine.driver is None:
        fitting = _conservative(fitting)
    findings: tuple[Problem, ...] = ()
    if not fitting and partial:
        fitting = [(max(partial, key=lambda build: _coverage(build, machine)), False)]
        findings = (_partly(fitting[0][0], machine),)
    fitting.sort(key=lambda one: _rank(one[0], specifiers, own=one[1]), reverse=True)
    candidates: dict[str, Candidate] = {}
    for build, own in fitting:
        candidates.setdefault(build.name, _candidate(build, machine, specifiers, own=own))
    kept = tuple(one for one in _merged(refused) if one.value not in candidates)
    if candidates:
        return Decision(tuple(candidates.values()), kept, findings)
    return _no_build(spec, machine, specifiers, kept)


def _no_build(
    spec: Spec, machine: Machine, specifiers: SpecifierSet, refused: tuple[Refusal, ...]
) -> Decision:
    gpus = ", ".join(dict.fromkeys(gpu.name for gpu in machine.gpus)) or "?"
    why = text(
        "lock.accelerator.none_fits", gpus=gpus, driver=machine.driver or "?", torch=str(specifiers) or "*"
    )
    if spec.accelerator == "auto":
        finding = problem("PV305", severity="warning", why=why, gpus=gpus, hints=(Hint(text("PV305.hint")),))
        return Decision((Candidate("cpu", why),), refused, (finding,))
    hints = (Hint(text("PV306.hint")), *(Hint(one.why) for one in refused[-3:]))
    raise Failure(problem("PV306", why=why, gpus=gpus, hints=hints))


def _merged(refused: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """Return one refusal a build; builds that changed over torch's versions have several rows."""
    return tuple({one.value: one for one in refused}.values())


def _conservative(fitting: list[tuple[Build, bool]]) -> list[tuple[Build, bool]]:
    """Of an unknown driver, expect only what every driver of the last years has: CUDA 12."""
    older = [one for one in fitting if Version(one[0].cuda).major <= UNKNOWN_DRIVER_MAJOR]
    return older or fitting


def _rank(build: Build, specifiers: SpecifierSet, *, own: bool) -> tuple[Version, bool, Version]:
    return Version(torch_builds.newest(build.versions(specifiers))), own, Version(build.cuda)


def _candidate(build: Build, machine: Machine, specifiers: SpecifierSet, *, own: bool) -> Candidate:
    capabilities = {gpu.compute_capability for gpu in machine.gpus}
    arguments: dict[str, Argument] = {
        "build": build.name,
        "driver": machine.driver or "?",
        "floor": _floor(build, machine),
        "gpus": ", ".join(dict.fromkeys(gpu.name for gpu in machine.gpus)) or "?",
        "capabilities": ", ".join(sorted(one for one in capabilities if one)) or "?",
        "cuda": build.cuda,
    }
    if not machine.gpus:
        key = "lock.accelerator.cuda_foreign"
    elif machine.driver is None:
        key = "lock.accelerator.cuda_driver_unknown"
    elif None in capabilities:
        key = "lock.accelerator.cuda_capability_unknown"
    elif own:
        key = "lock.accelerator.cuda"
    else:
        key = "lock.accelerator.cuda_minor"
    return Candidate(build.name, text(key, **arguments), build.versions(specifiers))


def _too_old(build: Build, machine: Machine) -> Text | None:
    driver, floor = _version(machine.driver), _floor(build, machine)
    if driver is None or driver >= Version(floor):
        return None
    return text("lock.accelerator.driver_too_old", driver=machine.driver or "", floor=floor, cuda=build.cuda)


def _floor(build: Build, machine: Machine) -> str:
    return str(table("cuda_drivers")["floor"][machine.drivers][build.cuda.split(".")[0]])


def _has_own_driver(build: Build, machine: Machine) -> bool:
    driver, own = _version(machine.driver), table("cuda_drivers")["own"][machine.drivers].get(build.cuda)
    return driver is not None and own is not None and driver >= Version(own)


def _no_code(build: Build, gpu: Gpu) -> Text:
    return text(
        "lock.accelerator.no_code",
        gpu=gpu.name,
        capability=gpu.compute_capability or "?",
        capabilities=", ".join(build.capabilities),
    )


def _other_versions(build: Build, specifiers: SpecifierSet) -> Text:
    last = build.last or str(table("torch_builds")["newest"])
    return text("lock.accelerator.other_versions", first=build.first, last=last, torch=str(specifiers))


def _coverage(build: Build, machine: Machine) -> tuple[int, Version]:
    covered = sum(build.covers(gpu.compute_capability) for gpu in machine.gpus if gpu.compute_capability)
    return covered, Version(build.cuda)


def _partly(build: Build, machine: Machine) -> Problem:
    missing = [
        gpu.name
        for gpu in machine.gpus
        if gpu.compute_capability and not build.covers(gpu.compute_capability)
    ]
    names = ", ".join(dict.fromkeys(missing))
    return problem(
        "PV307", severity="warning", build=build.name, gpus=names, hints=(Hint(text("PV307.hint")),)
    )


def _newest(candidate: Candidate) -> dict[str, Argument]:
    return {"torch": torch_builds.newest(candidate.versions) if candidate.versions else "?"}


def _version(words: str | None) -> Version | None:
    try:
        return Version(words) if words else None
    except InvalidVersion:
        return None
