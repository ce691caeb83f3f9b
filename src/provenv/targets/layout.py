"""Where things lie under `.provenv`: paths only, nothing is touched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .names import CURRENT, FOLDER, GENERATIONS, VENV, generation_name, python_parts

LINK = ".venv"


@dataclass(frozen=True)
class Layout:
    """The paths of one target of one project."""

    root: Path
    target: str

    @property
    def home(self) -> Path:
        """Return `.provenv`, which ignores itself in git."""
        return self.root / FOLDER

    @property
    def base(self) -> Path:
        """Return the target's own folder."""
        return self.home / self.target

    @property
    def generations(self) -> Path:
        """Return the folder of all generations."""
        return self.base / GENERATIONS

    @property
    def current(self) -> Path:
        """Return the one switch: a link (a pointer file on Windows) to the current generation."""
        return self.base / CURRENT

    @property
    def guard(self) -> Path:
        """Return the file that whoever changes the target holds."""
        return self.base / "guard"

    @property
    def editor_link(self) -> Path:
        """Return `.venv`, so that editors find the environment."""
        return self.root / LINK

    def generation(self, number: int) -> Path:
        """Return the folder of that generation."""
        return self.generations / generation_name(number)

    def venv(self, number: int) -> Path:
        """Return the virtual environment of that generation."""
        return self.generation(number) / VENV


def python_of(venv: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return venv.joinpath(*python_parts())


def has_python(venv: Path) -> bool:
    """Return whether the interpreter of a virtual environment is there and this user can reach it."""
    return os.path.exists(python_of(venv))


def scripts_of(venv: Path) -> Path:
    """Return the folder of a virtual environment's programs."""
    return venv / python_parts()[0]
