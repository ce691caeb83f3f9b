"""What an environment needs of the system that it runs on, and whether that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Problem


@dataclass(frozen=True)
class SystemNeed:
    """A library, program or package that has to come from the system.

    `package` is what brings it here (empty: nothing that a package manager installs, or unknown).
    `present` is None where it could not be told. `users` are the files that need it
    and the packages that these belong to. A need is `optional` where everything
    imports without it, and `declared` where the user's own file names it.
    """

    name: str
    kind: Literal["library", "program", "package", "driver", "toolkit"]
    package: str = ""
    present: bool | None = None
    declared: bool = False
    optional: bool = False
    users: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SystemReport:
    """`system`: what is needed, what is missing, and the command that installs it.

    `generation` is the one whose files were read (None: there is none yet),
    `installed` names the packages that this call installed, `command` is empty where
    nothing is missing that a package manager could bring.
    """

    target: str
    distribution: str
    manager: str
    needs: tuple[SystemNeed, ...] = ()
    command: tuple[str, ...] = ()
    generation: int | None = None
    installed: tuple[str, ...] = ()
    findings: tuple[Problem, ...] = ()
