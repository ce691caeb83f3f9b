"""The facts that decide what is locked and proven, apart from those that change by the hour."""

from __future__ import annotations

import hashlib
import json

from ..model.devices import Devices
from ..model.facts import Facts

VENDORS = ("amd", "intel", "apple", "ascend", "tpu")


def deciding(facts: Facts) -> dict[str, str]:
    """Return name -> value of every fact that a lock or a proof depends on; values are texts."""
    platform, nvidia = facts.platform, facts.nvidia
    found = {
        "platform.system": platform.system,
        "platform.machine": platform.machine,
        "platform.libc": f"{platform.libc} {platform.libc_version}".strip(),
        # what macOS' wheels are tagged by; a Linux distribution's version decides nothing that libc does not
        "platform.version": platform.distribution_version if platform.system == "darwin" else "",
        "cpu.level": facts.cpu.level,
        "nvidia.state": nvidia.state,
        "nvidia.driver": nvidia.driver or "",
        "nvidia.cuda": nvidia.cuda or "",
        "nvidia.gpus": ",".join(gpu.compute_capability or gpu.name for gpu in nvidia.gpus),
        "container.wsl": str(facts.container.wsl),
    }
    if platform.l4t:
        found["platform.l4t"] = platform.l4t
    for name in VENDORS:
        found.update(_devices(name, getattr(facts, name)))
    return found


def _devices(name: str, devices: Devices) -> dict[str, str]:
    """Return what decides of one vendor; nothing where the machine has nothing of it."""
    if devices.state == "none":
        return {}
    return {
        f"{name}.state": devices.state,
        f"{name}.driver": devices.driver,
        f"{name}.runtime": devices.runtime,
        f"{name}.devices": ",".join(one.architecture or one.pci or one.name for one in devices.devices),
    }


def digest(facts: Facts) -> str:
    """Return a sha256 (hexadecimal) over the deciding facts."""
    return hashlib.sha256(json.dumps(deciding(facts), sort_keys=True).encode()).hexdigest()
