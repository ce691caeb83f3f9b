"""The facts that decide what is locked and proven, apart from those that change by the hour."""

from __future__ import annotations

import hashlib
import json

from ..model.facts import Facts


def deciding(facts: Facts) -> dict[str, str]:
    """Return name -> value of every fact that a lock or a proof depends on; values are texts."""
    platform, nvidia = facts.platform, facts.nvidia
    return {
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


def digest(facts: Facts) -> str:
    """Return a sha256 (hexadecimal) over the deciding facts."""
    return hashlib.sha256(json.dumps(deciding(facts), sort_keys=True).encode()).hexdigest()
