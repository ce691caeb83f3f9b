"""The fact `tools`: programs that environments are made with, and their versions."""

from __future__ import annotations

import re

from ..model.facts import Tool
from .raw import Raw

# name -> what makes it print its version
QUESTIONS: dict[str, tuple[str, ...]] = {
    "uv": ("--version",),
    "git": ("--version",),
    "gcc": ("--version",),
    "g++": ("--version",),
    "cmake": ("--version",),
    "ninja": ("--version",),
    "nvcc": ("--version",),
    "docker": ("--version",),
    "podman": ("--version",),
    "ssh": ("-V",),
}

# On macOS these are stubs that open a dialogue where the developer tools are not installed
STUBS = ("git", "gcc", "g++")


def _ask(name: str, arguments: tuple[str, ...]) -> dict[str, object]:
    systems = ["linux", "win32"] if name in STUBS else ["linux", "win32", "darwin"]
    return {"name": f"tools.{name}", "kind": "command", "argv": [name, *arguments], "systems": systems}


ASKS: list[dict[str, object]] = [
    {"name": "tools.paths", "kind": "builtin", "builtin": "which", "names": [*QUESTIONS], "how": "PATH"},
    *(_ask(name, arguments) for name, arguments in QUESTIONS.items()),
]


def read(raw: Raw) -> tuple[Tool, ...]:
    """Return the Tools that are there; the version is empty where it did not tell one."""
    paths = raw.mapping("tools.paths")
    return tuple(
        Tool(name, str(paths[name]), version_of(name, raw.printed(f"tools.{name}")))
        for name in QUESTIONS
        if paths.get(name)
    )


def version_of(name: str, printed: str) -> str:
    """Return the version in what a tool prints.

    nvcc gives two: `release 11.0, V11.0.221`; the latter is whole. ssh's is `OpenSSH_9.2p1`.
    """
    if name == "nvcc":
        match = re.search(r"\bV(\d+\.\d+\.\d+)", printed) or re.search(r"release (\d+\.\d+)", printed)
    elif name == "ssh":
        match = re.search(r"OpenSSH\w*_(\d+\.\d+(?:p\d+)?)", printed)
    elif name in ("gcc", "g++"):
        # `gcc (Debian 12.2.0-14) 12.2.0`: the packager's own version stands before it
        match = re.search(r"\)\s+(\d+\.\d+(?:\.\d+)?)", printed) or re.search(r"version (\d+[\d.]*)", printed)
    else:
        match = re.search(r"(\d+\.\d+(?:\.\d+)*)", printed)
    return match[1] if match else ""
