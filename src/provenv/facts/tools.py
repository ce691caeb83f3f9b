"""The fact `tools`: programs that environments are made with, and their versions."""

from __future__ import annotations

import json
import re

from ..model.facts import Tool
from .raw import Raw

# name -> what makes it print its version
QUESTIONS: dict[str, tuple[str, ...]] = {
    "uv": ("--version",),
    "git": ("--version",),
    "gcc": ("--version",),
    "g++": ("--version",),
    "clang": ("--version",),
    "cl": (),
    "make": ("--version",),
    "cmake": ("--version",),
    "ninja": ("--version",),
    "pkg-config": ("--version",),
    "nvcc": ("--version",),
    "hipcc": ("--version",),
    "icpx": ("--version",),
    "docker": ("--version",),
    "podman": ("--version",),
    "nvidia-ctk": ("--version",),
    "kubectl": ("version", "--client"),
    "helm": ("version", "--short"),
    "conda": ("--version",),
    "mamba": ("--version",),
    "curl": ("--version",),
    "ffmpeg": ("-version",),
    "ssh": ("-V",),
}

# that they are there is all that counts, and some take a second to tell their version
PACKAGE_MANAGERS = ("apt-get", "dnf", "zypper", "pacman", "apk", "brew")

# On macOS these are stubs that open a dialogue where the developer tools are not installed
STUBS = ("git", "gcc", "g++", "clang", "make")
SYSTEMS = {"cl": ["win32"], **{name: ["linux", "win32"] for name in STUBS}}

VSWHERE = "C:\\Program Files (x86)\\Microsoft Visual Studio\\Installer\\vswhere.exe"
COMPONENT = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"


def _ask(name: str, arguments: tuple[str, ...]) -> dict[str, object]:
    systems = SYSTEMS.get(name, ["linux", "win32", "darwin"])
    return {"name": f"tools.{name}", "kind": "command", "argv": [name, *arguments], "systems": systems}


ASKS: list[dict[str, object]] = [
    {
        "name": "tools.paths",
        "kind": "builtin",
        "builtin": "which",
        "names": [*QUESTIONS, *PACKAGE_MANAGERS],
        "how": "PATH",
    },
    *(_ask(name, arguments) for name, arguments in QUESTIONS.items()),
    {
        "name": "tools.vswhere",
        "kind": "command",
        "argv": [VSWHERE, "-latest", "-products", "*", "-requires", COMPONENT, "-format", "json", "-utf8"],
        "systems": ["win32"],
    },
]


def read(raw: Raw) -> tuple[Tool, ...]:
    """Return the Tools that are there; the version is empty where it did not tell one."""
    paths = raw.mapping("tools.paths")
    found = [
        Tool(name, str(paths[name]), version_of(name, raw.printed(f"tools.{name}")))
        for name in (*QUESTIONS, *PACKAGE_MANAGERS)
        if paths.get(name)
    ]
    if not paths.get("cl"):
        found += visual_studio(raw.out("tools.vswhere"))
    return tuple(found)


def visual_studio(printed: str) -> tuple[Tool, ...]:
    """Return `cl` as vswhere tells of it: on PATH it is only in a developer's prompt, but builds find it."""
    try:
        installations = json.loads(printed) if printed.strip() else []
    except (ValueError, RecursionError):
        return ()
    for one in installations if isinstance(installations, list) else ():
        if isinstance(one, dict) and one.get("installationPath"):
            return (Tool("cl", str(one["installationPath"]), str(one.get("installationVersion") or "")),)
    return ()


def version_of(name: str, printed: str) -> str:
    """Return the version in what a tool prints.

    nvcc gives two: `release 11.0, V11.0.221`; the latter is whole. ssh's is `OpenSSH_9.2p1`.
    """
    if name == "nvcc":
        match = re.search(r"\bV(\d+\.\d+\.\d+)", printed) or re.search(r"release (\d+\.\d+)", printed)
    elif name == "ssh":
        match = re.search(r"OpenSSH\w*_(\d+\.\d+(?:p\d+)?)", printed)
    elif name == "ffmpeg":
        # a build from git calls itself by its commit, and names its compiler in the next line
        match = re.match(r"ffmpeg version n?(\d[\d.]*\d)", printed)
    elif name in ("gcc", "g++"):
        # `gcc (Debian 12.2.0-14) 12.2.0`: the packager's own version stands before it
        match = re.search(r"\)\s+(\d+\.\d+(?:\.\d+)?)", printed) or re.search(r"version (\d+[\d.]*)", printed)
    else:
        match = re.search(r"(\d+\.\d+(?:\.\d+)*)", printed)
    return match[1] if match else ""
