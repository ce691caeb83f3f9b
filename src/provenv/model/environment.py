"""An environment as its files tell it, without any of its code being run: packages, libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

EnvironmentKind = Literal["generation", "project", "active", "conda"]


@dataclass(frozen=True)
class Installed:
    """One installed distribution by its metadata.

    `name` is normalised (PEP 503), `info` the name of its folder of metadata, `imports` the top-level
    modules that it recorded, `python` what it says of Python's version.
    """

    name: str
    version: str
    info: str = ""
    requires: tuple[str, ...] = ()
    python: str = ""
    installer: str = ""
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Environment:
    """One environment.

    `generation` is provenv's own, `project` a `.venv` of the user's in the project's folder, `active` and
    `conda` those that the shell has switched to. `home` is the folder of the base interpreter
    (`pyvenv.cfg`), `leads_to` what the interpreter's link names, and `works` whether a file stands at its
    end. `torn` are folders of metadata that say nothing, `leftovers` what pip left of packages that it
    could not remove. `libraries` are the shared libraries of which several copies do harm, relative to
    `path`; `conda` are packages that conda brought.
    """

    path: str
    kind: EnvironmentKind
    python: str = ""
    home: str = ""
    home_there: bool = True
    interpreter: str = ""
    leads_to: str = ""
    works: bool = True
    system_packages: bool = False
    installed: tuple[Installed, ...] = ()
    torn: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    conda: Mapping[str, str] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, str]:
        """Return the version of each package."""
        return {one.name: one.version for one in self.installed}
