"""What `doctor` finds before anything fails: each finding with its evidence and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Text
from .diagnosis import Advice

Gravity = Literal["blocks", "hurts", "better"]
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
State = Literal["done", "unasked", "timeout", "failed"]


@dataclass(frozen=True)
class Fix:
    """What `doctor --fix` may do: commands, each a list of words, run in the project's folder in their order.

    `root` ones are printed, never run.
    """

    what: Text
    commands: tuple[tuple[str, ...], ...]
    root: bool = False


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
    """One check that was asked for: how long it took, what came of it, how many findings it made."""

    name: str
    area: Area
    state: State
    milliseconds: int = 0
    findings: int = 0
    detail: Text | None = None


@dataclass(frozen=True)
class Fixed:
    """What `--fix` did about one finding, and whether the finding is gone."""

    finding: Finding
    done: Literal["gone", "still-there", "failed", "declined", "printed"]
    detail: str = ""


@dataclass(frozen=True)
class Checkup:
    """What doctor looked at and found, the gravest first."""

    findings: tuple[Finding, ...] = ()
    checks: tuple[Checked, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    folder: str = ""
    seconds: float = 0.0
