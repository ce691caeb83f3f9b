"""What `doctor` finds before anything fails: each finding with its evidence and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import Text
from .diagnosis import Advice

Gravity = Literal["blocks", "hurts", "better"]
GRAVITIES: tuple[Gravity, ...] = get_args(Gravity)
"""The gravest first."""
Area = Literal[
    "accelerator",
    "packages",
    "loader",
    "project",
    "environment",
    "system",
    "memory",
    "storage",
    "limits",
    "network",
    "containers",
    "virtualisation",
    "cluster",
    "credentials",
]
AREAS: tuple[Area, ...] = get_args(Area)
State = Literal["done", "unasked", "timeout", "failed"]
Done = Literal["gone", "still-there", "failed", "declined", "printed"]


@dataclass(frozen=True)
class Fix:
    """What `doctor --fix` may do: commands, each a list of words, run in the project's folder in their order.

    `appends` are lines that are added to files of the project first, each once. What is `root`'s is printed,
    never run. `builds` says that the environment is another one afterwards, and is to be proven.
    """

    what: Text
    commands: tuple[tuple[str, ...], ...] = ()
    appends: tuple[tuple[str, str], ...] = ()
    root: bool = False
    builds: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """By what a repair is known: one that several findings ask for is made once."""
        return self.appends, self.commands


@dataclass(frozen=True)
class Finding:
    """One thing that blocks, will hurt or could be better.

    `id` names the check's finding (`shadowed-module`), `subject` what it is about (a package, a
    file, a host), so that the same finding is known again after a repair; `cause` is the id
    of the diagnosis rule that it would end in, or empty.
    """

    id: str
    area: Area
    gravity: Gravity
    what: Text
    why: Text | None = None
    evidence: tuple[Text, ...] = ()
    remedies: tuple[Advice, ...] = ()
    fix: Fix | None = None
    subject: str = ""
    cause: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """By what a finding is known again."""
        return self.id, self.subject


@dataclass(frozen=True)
class Checked:
    """One look or check: how long it took, what came of it, how many findings it made."""

    name: str
    area: Area | None
    state: State
    milliseconds: int = 0
    findings: int = 0
    detail: Text | None = None


@dataclass(frozen=True)
class Fixed:
    """What `--fix` did about one finding, and whether the finding is gone."""

    finding: Finding
    done: Done
    detail: Text | None = None


@dataclass(frozen=True)
class Checkup:
    """What doctor looked at and found, the gravest first.

    `looks` are what was read, side by side; `checks` what was judged of it. `proof` tells how the
    proof after a repair ended, empty where none was needed.
    """

    findings: tuple[Finding, ...] = ()
    checks: tuple[Checked, ...] = ()
    looks: tuple[Checked, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    proof: Literal["", "passed", "failed"] = ""
    folder: str = ""
    seconds: float = 0.0

    @property
    def unseen(self) -> tuple[Checked, ...]:
        """Return what could not be looked at or judged: it took too long, or it failed."""
        return tuple(one for one in (*self.looks, *self.checks) if one.state in ("timeout", "failed"))
