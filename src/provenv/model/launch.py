"""What `run` and `shell` hand to the view; apart from the other results, since a command waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import Problem
    from .diagnosis import Diagnosis


@dataclass(frozen=True)
class Launch:
    """`run` / `shell`: the command, its environment's changes, how it ended, and why where it failed."""

    argv: tuple[str, ...]
    generation: int
    set_aside: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Problem, ...] = ()
    code: int | None = None
    seconds: float = 0.0
    diagnosis: Diagnosis | None = None
