"""The XPU build for Intel's GPUs: by PyTorch's list of validated hardware, not for every display."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
from . import container
from .decision import Candidate, Outcome, named


@dataclass(frozen=True)
class Family:
    """A series of GPUs: the first torch minor version that it is validated with."""

    name: str
    torch: str
    integrated: bool = False


def family(device: Device) -> Family | None:
    """Return the validated series of a GPU, by its PCI id, else by its name; None for any other display."""
    identifier = device.pci.lower().partition(":")[2] or device.pci.lower()
    rows = {row["name"]: row for row in table("intel_gpus")["families"]}
    found = next((row for row in rows.values() if identifier in row["ids"]), None)
    if found is None and not identifier:
        patterns = table("intel_gpus")["names"]
        names = [one["family"] for one in patterns if re.search(one["pattern"], device.name, re.IGNORECASE)]
        found = rows[names[0]] if names else None
    return None if found is None else Family(found["name"], found["torch"], found.get("integrated", False))


def consider(spec: Spec, facts: Facts, *, foreign: bool) -> Outcome:
    """Return the XPU build if it runs on the machine; `foreign` facts without a GPU are taken as a wish."""
    intel = facts.intel
    wish = foreign and intel.state == "none" and not intel.devices
    absent = None if wish else _absence(facts)
    listed = [one for one in intel.devices if family(one) is not None]
    if absent is not None:
        shown = named(one.name for one in intel.devices) if intel.devices else ""
        findings = _out_of_order(facts, absent, listed)
        refused = (Refusal("xpu", absent),) if intel.devices else ()
        # a display that is on nobody's list is no accelerator: it is said, but it decides nothing
        return Outcome("xpu", why=absent, devices=shown if listed else "", refused=refused, findings=findings)
    return _fitting(spec, facts, listed)


def _absence(facts: Facts) -> Text | None:
    intel, platform = facts.intel, facts.platform
    if intel.state == "none":
        return text("lock.accelerator.no_intel")
    if platform.system not in ("linux", "windows") or machine_of(platform) != "x86_64":
        return text("lock.accelerator.xpu_platform", platform=f"{platform.system} {platform.machine}")
    if intel.devices and not any(family(one) for one in intel.devices):
        return text("lock.accelerator.xpu_unlisted", gpus=named(map(_shown, intel.devices)))
    if intel.state == "no-permission":
        return text("lock.accelerator.no_permission", detail=intel.detail or "/dev/dri")
    if intel.state == "broken":
        return text("lock.accelerator.xpu_broken", detail=intel.detail)
    if intel.state == "no-device" or not intel.devices:
        return text("lock.accelerator.xpu_no_device")
    return None


def _out_of_order(facts: Facts, why: Text, listed: list[Device]) -> tuple[Problem, ...]:
    state = facts.intel.state
    if not listed or state not in ("no-permission", "broken", "no-device"):
        return ()
    if state == "no-permission":
        hints: tuple[Hint, ...] = (
            Hint(text("PV308.hint_groups"), "sudo usermod -aG render $USER"),
            Hint(text("PV308.hint_again"), "provenv lock"),
        )
    else:
        hints = container.hints(facts, "intel") if facts.container.kind else ()
    return (problem("PV308", severity="warning", why=why, devices=named(map(_shown, listed)), hints=hints),)


def _fitting(spec: Spec, facts: Facts, listed: list[Device]) -> Outcome:
    row, specifiers = table("intel_gpus")["build"], torch_specifiers(spec)
    families = [found for one in listed if (found := family(one)) is not None]
    first = max([row["from"], *(one.torch for one in families)], key=Version)
    versions = tuple(minor for minor in builds.minors(first, row["to"]) if builds.allows(specifiers, minor))
    names = named(one.name for one in listed) if listed else ""
    memory = sum(one.memory or 0 for one in listed)
    integrated = bool(families) and all(one.integrated for one in families)
    if not versions:
        newest = str(table("torch_builds")["newest"])
        why = text("lock.accelerator.xpu_none_fits", first=first, last=newest, torch=str(specifiers))
        refused = (Refusal("xpu", why),)
        return Outcome("xpu", why=why, unfit=True, devices=names, memory=memory, refused=refused)
    if not listed:
        return Outcome("xpu", (Candidate("xpu", text("lock.accelerator.xpu_foreign"), versions),))
    why = text("lock.accelerator.xpu", gpus=names, family=named(one.name for one in families), first=first)
    return Outcome(
        "xpu",
        (Candidate("xpu", why, versions, constraints=(f"torch>={first}",)),),
        devices=names,
        memory=memory,
        integrated=integrated,
        findings=_runtime(facts, names),
    )


def _runtime(facts: Facts, names: str) -> tuple[Problem, ...]:
    """Return the warning that Level Zero is missing, with what brings it; on Windows the driver does."""
    if facts.platform.system != "linux" or facts.intel.runtime:
        return ()
    command = table("intel_gpus")["runtime"].get(facts.platform.distribution)
    hint = Hint(text("PV374.hint" if command else "PV374.hint_packages"), command)
    return (problem("PV374", severity="warning", devices=names, hints=(hint,)),)


def _shown(device: Device) -> str:
    return f"{device.name} ({device.pci})" if device.pci else device.name
