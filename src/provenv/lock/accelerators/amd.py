"""ROCm builds for AMD's GPUs: by the exact gfx target of every visible GPU."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.devices import Device
from ...model.facts import Facts
from ...model.lock import Refusal
from ...model.spec import Spec
from .. import builds
from ..platforms import machine_of
from ..requirements import torch_specifiers
from ..tables import table
from ..versions import version
from . import container
from .decision import Candidate, Outcome, merged, named

TESTED = 2


@dataclass(frozen=True)
class Build:
    """One ROCm build in torch's minor versions `first` to `last` (None: still made) and its gfx targets."""

    name: str
    first: str
    last: str | None
    targets: tuple[str, ...]

    @property
    def rocm(self) -> str:
        """Return the ROCm version that it is built with."""
        return self.name.removeprefix("rocm")


@cache
def rocm_builds() -> tuple[Build, ...]:
    """Return the ROCm builds of Linux x86_64, oldest first."""
    return tuple(
        Build(name, row["from"], row["to"], tuple(row["targets"]))
        for name, rows in table("torch_rocm")["builds"].items()
        for row in rows
    )


def consider(spec: Spec, facts: Facts, *, foreign: bool) -> Outcome:
    """Return the ROCm builds that run on the machine; `foreign` facts without a GPU are taken as a wish."""
    amd = facts.amd
    wish = foreign and amd.state == "none" and not amd.devices
    absent = None if wish else _absence(facts)
    names = named(device.name for device in amd.devices) if amd.devices else ""
    if absent is not None:
        shown = names or ("AMD" if amd.state != "none" else "")
        return Outcome("rocm", why=absent, devices=shown, findings=_out_of_order(facts, absent, names))
    return _fitting(spec, facts, names)


def _absence(facts: Facts) -> Text | None:
    amd, platform = facts.amd, facts.platform
    if amd.state == "none":
        return text("lock.accelerator.no_amd")
    if platform.system != "linux" or machine_of(platform) != "x86_64":
        return text("lock.accelerator.rocm_platform", platform=f"{platform.system} {platform.machine}")
    if amd.state == "no-permission":
        return text("lock.accelerator.no_permission", detail=amd.detail or "/dev/kfd")
    if amd.state == "broken":
        return text("lock.accelerator.rocm_broken", detail=amd.detail)
    if amd.state == "no-device" or not amd.devices:
        return text("lock.accelerator.rocm_no_device")
    if facts.container.wsl and not amd.runtime:
        return text("lock.accelerator.rocm_wsl_missing")
    return None


def _out_of_order(facts: Facts, why: Text, names: str) -> tuple[Problem, ...]:
    """Return the warning about a GPU that is there and can't be used, with the way out."""
    amd = facts.amd
    if amd.state == "none" or why.key == "lock.accelerator.rocm_platform":
        return ()
    if amd.state == "no-permission":
        hints: tuple[Hint, ...] = (
            Hint(text("PV308.hint_groups"), "sudo usermod -aG render,video $USER"),
            Hint(text("PV308.hint_again"), "provenv lock"),
        )
    elif facts.container.kind:
        hints = container.hints(facts, "amd")
    elif facts.container.wsl:
        hints = (Hint(text("PV308.hint_rocm_wsl")),)
    else:
        hints = (Hint(text("PV308.hint_rocm"), "sudo dmesg | grep -i amdgpu"),)
    return (problem("PV308", severity="warning", why=why, devices=names or "AMD", hints=hints),)


def _fitting(spec: Spec, facts: Facts, names: str) -> Outcome:
    specifiers, devices = torch_specifiers(spec), facts.amd.devices
    fitting: list[tuple[Build, tuple[str, ...]]] = []
    refused: list[Refusal] = []
    coverage = max((_covered(build, devices) for build in rocm_builds()), default=0)
    for build in rocm_builds():
        versions = tuple(
            minor for minor in builds.minors(build.first, build.last) if builds.allows(specifiers, minor)
        )
        missing = _missing(build, devices)
        if missing and _covered(build, devices) < max(coverage, 1):
            refused.append(Refusal(build.name, _no_code(build, missing[0])))
        elif not versions:
            refused.append(Refusal(build.name, _other_versions(build, specifiers)))
        else:
            fitting.append((build, versions))
    memory = sum(device.memory or 0 for device in devices)
    if not fitting:
        return _none(facts, specifiers, names, merged(refused), covered=coverage > 0)
    fitting.sort(
        key=lambda one: (
            _is_tested(one[0], facts),
            Version(builds.newest(one[1])),
            Version(one[0].rocm),
        ),
        reverse=True,
    )
    candidates: dict[str, Candidate] = {}
    for build, versions in fitting:
        untested = None if _is_tested(build, facts) else _untested(build, facts)
        why = _why(build, facts)
        candidates.setdefault(build.name, Candidate(build.name, why, versions, behind=untested))
    kept = tuple(one for one in merged(refused) if one.value not in candidates)
    return Outcome(
        "rocm",
        tuple(candidates.values()),
        devices=names,
        memory=memory,
        refused=kept,
        findings=_partly(fitting[0][0], devices),
    )


def _missing(build: Build, devices: tuple[Device, ...]) -> list[Device]:
    return [device for device in devices if device.architecture and _target(device) not in build.targets]


def _covered(build: Build, devices: tuple[Device, ...]) -> int:
    return len(devices) - len(_missing(build, devices))


def _target(device: Device) -> str:
    """Return `gfx90a` for `gfx90a:sramecc+:xnack-`."""
    return device.architecture.split(":")[0]


def _why(build: Build, facts: Facts) -> Text:
    missing = _missing(build, facts.amd.devices)
    covered = [device for device in facts.amd.devices if device not in missing]
    if not covered:
        return text("lock.accelerator.rocm_foreign")
    key = "lock.accelerator.rocm" if _is_tested(build, facts) else "lock.accelerator.rocm_untested"
    return text(
        "lock.accelerator.rocm_wsl" if facts.container.wsl else key,
        build=build.name,
        gpus=named(device.name for device in covered),
        targets=named(_target(device) for device in covered if device.architecture),
        rocm=build.rocm,
        runtime=facts.amd.runtime or "?",
    )


def _is_tested(build: Build, facts: Facts) -> bool:
    """Tell whether AMD tests the build's ROCm with the machine's driver: two releases either way."""
    here = version(facts.amd.runtime)
    if here is None:
        return True
    releases = [Version(one) for one in table("torch_rocm")["releases"]["order"]]
    installed = sum(one <= here for one in releases)
    bundled = sum(one <= Version(build.rocm) for one in releases)
    return abs(installed - bundled) <= TESTED


def _untested(build: Build, facts: Facts) -> Text:
    return text("lock.accelerator.rocm_far", rocm=build.rocm, runtime=facts.amd.runtime)


def _no_code(build: Build, device: Device) -> Text:
    return text(
        "lock.accelerator.no_target",
        gpu=device.name,
        target=_target(device),
        targets=", ".join(build.targets),
    )


def _other_versions(build: Build, specifiers: SpecifierSet) -> Text:
    last = build.last or str(table("torch_builds")["newest"])
    return text("lock.accelerator.other_versions", first=build.first, last=last, torch=str(specifiers))


def _partly(build: Build, devices: tuple[Device, ...]) -> tuple[Problem, ...]:
    missing = _missing(build, devices)
    if not missing:
        return ()
    left = ",".join(str(device.index) for device in devices if device not in missing)
    hint = Hint(text("PV307.hint", variable="HIP_VISIBLE_DEVICES"), f"export HIP_VISIBLE_DEVICES={left}")
    names = named(f"{device.name} ({_target(device)})" for device in missing)
    return (problem("PV307", severity="warning", build=build.name, gpus=names, hints=(hint,)),)


def _none(
    facts: Facts, specifiers: SpecifierSet, names: str, refused: tuple[Refusal, ...], *, covered: bool
) -> Outcome:
    targets = named(_target(device) for device in facts.amd.devices)
    memory = sum(device.memory or 0 for device in facts.amd.devices)
    if covered:
        why = text("lock.accelerator.rocm_none_fits", gpus=names, torch=str(specifiers) or "*")
        return Outcome("rocm", why=why, unfit=True, devices=names, memory=memory, refused=refused)
    why = text("lock.accelerator.rocm_no_target", gpus=names, targets=targets)
    overrides = table("torch_rocm")["overrides"]
    known = next((overrides[one] for one in targets.split(", ") if one in overrides), None)
    hints = (Hint(text("PV308.hint_override"), f"export HSA_OVERRIDE_GFX_VERSION={known}"),) if known else ()
    finding = problem("PV308", severity="note", why=why, devices=names, hints=hints)
    return Outcome(
        "rocm", why=why, unfit=True, devices=names, memory=memory, refused=refused, findings=(finding,)
    )
