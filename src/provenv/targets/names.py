"""The names under `.provenv`, and paths from them as strings; `layout` has the same ones as `Path`s.

They stand apart because a no-op and `run` need no more than these.
"""

from __future__ import annotations

import os
import sys

from .pointer import pointed

FOLDER = ".provenv"
HERE = "here"
"""The target that needs no declaration: this machine's virtual environment."""
GENERATIONS = "generations"
CURRENT = "current"
VENV = "venv"
RECORD = "generation.json"
PROOF = "proof.json"


def base_of(root: str, target: str) -> str:
    """Return the target's own folder."""
    return os.path.join(root, FOLDER, target)


def generation_name(number: int) -> str:
    """Return the name of a generation's folder."""
    return f"{number:04d}"


def generation_of(base: str, number: int) -> str:
    """Return the folder of that generation."""
    return os.path.join(base, GENERATIONS, generation_name(number))


def current_number(base: str) -> int | None:
    """Return the number that the switch points to, whatever lies there."""
    name = os.path.basename((pointed(os.path.join(base, CURRENT)) or "").rstrip("/" + os.sep))
    return int(name) if len(name) >= 4 and name.isascii() and name.isdecimal() else None


def python_parts() -> tuple[str, str]:
    """Return where the interpreter of a virtual environment lies in it."""
    return ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
