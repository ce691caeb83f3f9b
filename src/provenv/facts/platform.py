"""The fact `platform`: operating system, kernel, distribution, C library."""

from __future__ import annotations

import re

from ..model.facts import Platform
from .raw import Raw, fields

Ask = dict[str, object]

ASKS: list[Ask] = [
    {"name": "platform.system", "kind": "builtin", "builtin": "system", "how": "uname"},
    {"name": "platform.release", "kind": "file", "path": "/etc/os-release", "systems": ["linux"]},
    {
        "name": "platform.release_fallback",
        "kind": "file",
        "path": "/usr/lib/os-release",
        "systems": ["linux"],
    },
    {"name": "platform.tegra", "kind": "file", "path": "/etc/nv_tegra_release", "systems": ["linux"]},
    {"name": "platform.ldd", "kind": "command", "argv": ["ldd", "--version"], "systems": ["linux"]},
]

SYSTEMS = {"win32": "windows", "cygwin": "windows", "darwin": "darwin"}


def read(raw: Raw) -> Platform:
    """Return the Platform; `system` is `linux` where the probe did not say."""
    said = raw.mapping("platform.system")
    name = str(said.get("platform") or "linux")
    system = SYSTEMS.get(name, "linux" if name.startswith("linux") else name)
    machine = str(said.get("machine") or "")
    kernel = str(said.get("release") or "")
    if system == "darwin":
        version = str(said.get("mac") or "")
        return Platform(system, machine, kernel, "macos", version, f"macOS {version}".strip())
    if system == "windows":
        windows = said.get("windows")
        versions = [str(part) for part in windows] if isinstance(windows, list) else []
        version = versions[1] if len(versions) > 1 else ""
        shown = " ".join(["Windows", *versions[:1]])
        return Platform(system, machine, kernel, "windows", version, shown)
    release = fields(raw.out("platform.release") or raw.out("platform.release_fallback"), "=")
    values = {key: value.strip("\"'") for key, value in release.items()}
    libc, version = _libc(str(said.get("libc") or ""), raw.printed("platform.ldd"))
    return Platform(
        system,
        machine,
        kernel,
        values.get("ID", ""),
        values.get("VERSION_ID", ""),
        values.get("PRETTY_NAME") or values.get("NAME", ""),
        libc,
        version,
        l4t(raw.out("platform.tegra")),
    )


def l4t(release: str) -> str:
    """Return `36.4.3` of /etc/nv_tegra_release: `# R36 (release), REVISION: 4.3, GCID: ...`."""
    match = re.match(r"#\s*R(\d+)\s*\(release\),\s*REVISION:\s*(\d+(?:\.\d+)*)", release)
    return f"{match[1]}.{match[2]}" if match else ""


def _libc(said: str, ldd: str) -> tuple[str, str]:
    """Return name and version from `confstr` (`glibc 2.36`) or what `ldd --version` prints.

    glibc's ldd ends its first line with the version; musl's prints `Version 1.2.4` (and ends with 1).
    """
    name, _, version = said.partition(" ")
    if name == "glibc" and version:
        return name, version
    musl = re.search(r"^musl libc.*?^Version (\S+)", ldd, re.M | re.S)
    if musl:
        return "musl", musl[1]
    glibc = re.search(r"^ldd \(.*\) (\d+\.\d+)", ldd, re.M)
    return ("glibc", glibc[1]) if glibc else ("", "")
