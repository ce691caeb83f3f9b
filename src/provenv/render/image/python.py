"""Where the interpreter of an image comes from: its base, the distribution's packages, or uv's own builds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...errors import Failure, Hint, Problem, problem, text
from ...model.image import Base
from ...model.lock import Lock

MANAGED = "/opt/python"
"""The folder of uv's own build of Python, the same path in each stage."""

_DISTRIBUTED = {
    # the version of the package `python3`: packages.debian.org, packages.ubuntu.com,
    # packages.fedoraproject.org, pkgs.alpinelinux.org; 2026-01
    "debian": {"11": "3.9", "12": "3.11", "13": "3.13"},
    "ubuntu": {"20.04": "3.8", "22.04": "3.10", "24.04": "3.12", "25.04": "3.13", "25.10": "3.13"},
    "fedora": {"40": "3.12", "41": "3.13", "42": "3.13", "43": "3.14"},
    "alpine": {"3.18": "3.11", "3.19": "3.11", "3.20": "3.12", "3.21": "3.12", "3.22": "3.12"},
}


@dataclass(frozen=True)
class Interpreter:
    """An image's Python. `origin` tells who brings it; `path` is empty where uv finds it by `version`."""

    origin: Literal["base", "distribution", "uv"]
    version: str
    path: str = ""


def interpreter(lock: Lock, base: Base) -> Interpreter:
    """Return where the interpreter comes from. Raises Failure PV1013 where nothing can bring one."""
    if base.python:
        if not base.pip and not base.manager:
            raise Failure(_nothing(base))
        return Interpreter("base", lock.python, base.python)
    if not base.manager:
        raise Failure(_nothing(base))
    minor = ".".join(lock.python.split(".")[:2])
    if lock.python == minor and _distributed(base) == minor:
        return Interpreter("distribution", lock.python, "/usr/bin/python3")
    return Interpreter("uv", lock.python)


def _distributed(base: Base) -> str:
    platform = base.facts.platform
    rows = _DISTRIBUTED.get(platform.distribution, {})
    version = platform.distribution_version
    # Alpine says its patch release too
    return rows.get(version) or rows.get(".".join(version.split(".")[:2]), "")


def _nothing(base: Base) -> Problem:
    hint = Hint(text("PV1013.hint"))
    return problem("PV1013", base=base.declared, why=text("PV1013.why"), hints=(hint,))
