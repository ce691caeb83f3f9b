"""What every installed package says that it needs; whether that is met is judged at home."""

import os
import platform
import sys
from importlib import metadata


def marker_environment():
    """Return the values of PEP 508 markers here."""
    version = sys.implementation.version
    suffix = "" if version.releaselevel == "final" else version.releaselevel[0] + str(version.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": "%d.%d.%d" % tuple(version[:3]) + suffix,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def run(options):
    found = []
    for distribution in metadata.distributions():
        found.append(
            {
                "name": distribution.metadata["Name"] or "",
                "version": distribution.version or "",
                "requires": list(distribution.requires or ()),
                "requires_python": distribution.metadata.get("Requires-Python"),
            }
        )
    return {"distributions": found, "markers": marker_environment()}
