"""CUDA builds for NVIDIA's GPUs: by driver and by every visible GPU."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ...errors import Argument, Hint, Problem, Text, problem, text
from ...model.facts import Facts, Gpu
from ...model.lock import Refusal
from ...model.spec import Spec
from .. import builds as torch_builds
from ..builds import Build
from ..platforms import machine_of
from ..requirements import torch_specifiers
from ..tables import table
from . import container, tegra
from .cuda_driver import Machine, driver_refusal, floor_of, has_own_driver
from .decision import Candidate, Outcome, merged, named

UNKNOWN_DRIVER_MAJOR = 12
PARTITIONED = "enabled"


def consider(spec: Spec, facts: Facts, *, foreign: bool) -> Outcome:
    """Return the CUDA builds that run on the machine; `foreign` facts without a GPU are taken as a wish."""
    machine = _machine(facts)
    absent = absence(facts)
    if absent is not None and not (foreign and not facts.nvidia.gpus):
        return Outcome("cuda", why=absent, findings=_out_of_order(facts, absent), devices=_present(facts))
    if tegra.is_tegra(facts) and facts.nvidia.gpus and not tegra.runs_server_builds(facts):
        return tegra.consider(spec, facts)
    return _fitting(spec, machine)


def cuda_refusal(facts: Facts, cuda: str, capabilities: Sequence[str] = ()) -> Text | None:
    """Return why a build that was made with toolkit `cuda` (`12.9`) can't run on the machine, or None.

    `capabilities` are those that it has code for (`8.0`, `9.0+PTX`); without
    them only the driver is looked at. Whatever driver, state or GPU is unknown
    does not refuse, except that a driver without a version is not expected to
    be newer than CUDA 12.
    """
    why = absence(facts)
    if why is not None:
        return why
    if tegra.is_tegra(facts) and not tegra.runs_server_builds(facts):
        return text("lock.accelerator.tegra", gpu=named(gpu.name for gpu in facts.nvidia.gpus))
    machine = _machine(facts)
    if machine.driver is None and machine.speaks is None and Version(cuda).major > UNKNOWN_DRIVER_MAJOR:
        return text("lock.accelerator.driver_unknown", cuda=cuda)
    too_old = driver_refusal(cuda, machine)
    if too_old is not None:
        return too_old
    for gpu in facts.nvidia.gpus:
        wanted = gpu.compute_capability
        if wanted and capabilities and not runs_code(wanted, capabilities):
            return text(
                "lock.accelerator.no_code",
                gpu=gpu.name,
                capability=wanted,
                capabilities=", ".join(capabilities),
            )
    return None


def runs_code(capability: str, capabilities: Sequence[str]) -> bool:
    """Tell whether a GPU runs some of the code: the same major, a minor that is not newer, or older PTX."""
    wanted = Version(capability)
    for one in capabilities:
        has = Version(one.removesuffix("+PTX"))
        if has.major == wanted.major and has.minor <= wanted.minor:
            return True
        if one.endswith("+PTX") and has <= wanted:
            return True
    return False


def absence(facts: Facts) -> Text | None:
    """Return why no CUDA build can run, or None where one may."""
    nvidia = facts.nvidia
    if facts.platform.system == "darwin":
        return text("lock.accelerator.darwin")
    if nvidia.state == "broken":
        return text("lock.accelerator.broken", detail=nvidia.detail)
    if nvidia.state == "no-device":
        return text("lock.accelerator.no_device", driver=nvidia.driver or "?")
    if nvidia.hidden and not nvidia.gpus:
        return text("lock.accelerator.invisible", visible=nvidia.visible or "")
    if nvidia.state == "none" or not nvidia.gpus:
        return text("lock.accelerator.no_gpu")
    return None


def _machine(facts: Facts) -> Machine:
    nvidia = facts.nvidia
    windows = facts.platform.system == "windows" or facts.container.wsl > 0
    release = tegra.release(facts) if tegra.is_tegra(facts) else None
    if release is not None:
        return Machine(machine_of(facts.platform), "linux", None, nvidia.gpus, release.cuda)
    speaks = nvidia.cuda if nvidia.driver is None else None
    return Machine(
        machine_of(facts.platform),
        "windows" if windows else "linux",
        nvidia.driver,
        nvidia.gpus,
        speaks,
    )


def _present(facts: Facts) -> str:
    nvidia = facts.nvidia
    return (
        "NVIDIA"
        if nvidia.state in ("broken", "no-device") or nvidia.hidden
        else ", ".join(gpu.name for gpu in nvidia.gpus)
    )


def _out_of_order(facts: Facts, why: Text) -> tuple[Problem, ...]:
    """Return the warning about a GPU or driver that is there and does not work, with the way out."""
    nvidia = facts.nvidia
    if nvidia.state == "no-device" and facts.container.kind:
        hints = container.hints(facts, "nvidia")
        return (problem("PV308", severity="warning", why=why, devices="NVIDIA", hints=hints),)
    if nvidia.state == "no-device":
        hint = Hint(text("PV308.hint_no_device"), "sudo dmesg | grep -i nvrm")
        return (problem("PV308", severity="warning", why=why, devices="NVIDIA", hints=(hint,)),)
    if nvidia.state != "broken":
        return ()
    hint = Hint(None, "nvidia-smi")
    if "mismatch" in nvidia.detail.lower():
        hint = Hint(text("PV304.hint_mismatch"), "sudo reboot")
    return (problem("PV304", severity="warning", why=why, hints=(hint,)),)


def _fitting(spec: Spec, machine: Machine) -> Outcome:
    specifiers = torch_specifiers(spec)
    fitting: list[tuple[Build, bool]] = []
    partial: list[Build] = []
    refused: list[Refusal] = []
    for build in torch_builds.builds(machine.machine):
        if _long_past(build, specifiers):
            continue
        why = driver_refusal(build.cuda, machine)
        uncovered = _uncovered(build, machine)
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
            fitting.append((build, has_own_driver(build, machine)))
    if machine.driver is None and machine.speaks is None:
        fitting = _conservative(fitting)
    findings: tuple[Problem, ...] = ()
    if not fitting and partial:
        fitting = [(max(partial, key=lambda build: _coverage(build, machine)), False)]
        findings = (_partly(fitting[0][0], machine),)
    fitting.sort(key=lambda one: _rank(one[0], specifiers, own=one[1]), reverse=True)
    candidates: dict[str, Candidate] = {}
    for build, own in fitting:
        candidates.setdefault(build.name, _candidate(build, machine, specifiers, own=own))
    kept = tuple(one for one in merged(refused) if one.value not in candidates)
    gpus = named(gpu.name for gpu in machine.gpus)
    memory = sum(gpu.memory or 0 for gpu in machine.gpus)
    if candidates:
        chosen = tuple(candidates.values())
        notes = (*findings, *_notes(chosen[0], specifiers, machine))
        return Outcome("cuda", chosen, devices=gpus, memory=memory, refused=kept, findings=notes)
    why = text(
        "lock.accelerator.none_fits",
        gpus=gpus,
        driver=machine.driver or "?",
        torch=torch_builds.shown(specifiers) or "*",
    )
    return Outcome("cuda", why=why, unfit=True, devices=gpus, memory=memory, refused=kept)


def _notes(best: Candidate, specifiers: SpecifierSet, machine: Machine) -> tuple[Problem, ...]:
    """Return what is good to know of a choice that works: where its torch ends, what MIG does."""
    notes = []
    newest = str(table("torch_builds")["newest"])
    last = torch_builds.newest(best.versions)
    if torch_builds.allows(specifiers, newest) and Version(last) < Version(newest) and machine.gpus:
        gpus = named(gpu.name for gpu in machine.gpus)
        why = _why_it_ends(newest, machine)
        notes.append(
            problem(
                "PV379",
                severity="note",
                why=why,
                build=best.build,
                last=last,
                newest=newest,
                devices=gpus,
            )
        )
    if any((gpu.mig or "").lower() == PARTITIONED for gpu in machine.gpus):
        notes.append(problem("PV378", severity="note", hints=(Hint(text("PV378.hint"), "nvidia-smi -L"),)))
    return tuple(notes)


def _why_it_ends(newest: str, machine: Machine) -> Text:
    """Return what keeps the newest torch away: the GPUs for good, or a driver that can be newer."""
    current = [one for one in torch_builds.builds(machine.machine) if newest in one.versions(SpecifierSet())]
    covering = [one for one in current if not _uncovered(one, machine)]
    if not covering:
        return text("PV379.why_gpu", gpus=named(gpu.name for gpu in machine.gpus))
    if machine.driver is None and machine.speaks is None:
        return text("PV379.why_unknown")
    lowest = min(covering, key=lambda one: Version(one.cuda))
    return text("PV379.why_driver", cuda=lowest.cuda, floor=floor_of(lowest.cuda, machine))


def _uncovered(build: Build, machine: Machine) -> list[Gpu]:
    return [
        gpu for gpu in machine.gpus if gpu.compute_capability and not build.covers(gpu.compute_capability)
    ]


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
        "floor": floor_of(build.cuda, machine),
        "gpus": named(gpu.name for gpu in machine.gpus),
        "capabilities": ", ".join(sorted(one for one in capabilities if one)) or "?",
        "cuda": build.cuda,
        "speaks": machine.speaks or "?",
    }
    if not machine.gpus:
        key = "lock.accelerator.cuda_foreign"
    elif machine.speaks is not None:
        key = "lock.accelerator.cuda_speaks"
    elif machine.driver is None:
        key = "lock.accelerator.cuda_driver_unknown"
    elif None in capabilities:
        key = "lock.accelerator.cuda_capability_unknown"
    elif own:
        key = "lock.accelerator.cuda"
    else:
        key = "lock.accelerator.cuda_minor"
    return Candidate(build.name, text(key, **arguments), build.versions(specifiers))


def _no_code(build: Build, gpu: Gpu) -> Text:
    return text(
        "lock.accelerator.no_code",
        gpu=gpu.name,
        capability=gpu.compute_capability or "?",
        capabilities=", ".join(build.capabilities),
    )


def _other_versions(build: Build, specifiers: SpecifierSet) -> Text:
    last = build.last or str(table("torch_builds")["newest"])
    return text(
        "lock.accelerator.other_versions", first=build.first, last=last, torch=torch_builds.shown(specifiers)
    )


def _long_past(build: Build, specifiers: SpecifierSet) -> bool:
    """Tell whether a build ended with a major of torch that is not asked for: nobody misses it."""
    found = torch_builds.wanted(specifiers)
    return bool(found) and build.last is not None and Version(build.last).major < Version(found[0]).major


def _coverage(build: Build, machine: Machine) -> tuple[int, Version]:
    return len(machine.gpus) - len(_uncovered(build, machine)), Version(build.cuda)


def _partly(build: Build, machine: Machine) -> Problem:
    missing = _uncovered(build, machine)
    names = named(gpu.name for gpu in missing)
    left = ",".join(str(gpu.index) for gpu in machine.gpus if gpu not in missing)
    hint = Hint(text("PV307.hint", variable="CUDA_VISIBLE_DEVICES"), f"export CUDA_VISIBLE_DEVICES={left}")
    return problem("PV307", severity="warning", build=build.name, gpus=names, hints=(hint,))
