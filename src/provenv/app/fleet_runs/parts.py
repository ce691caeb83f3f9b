"""One host's part of a run, and how it stands right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import Problem
from ..fleet_up.places import Place
from .agent import Agent


@dataclass(frozen=True)
class Part:
    """A host that is ready: its place, what commands get there, how many processes, how others reach it."""

    place: Place
    agent: Agent
    environment: Mapping[str, str]
    processes: int
    address: str
    devices: int = 0


@dataclass
class RankOn:
    """One process of a formation, on its host."""

    local: int
    rank: int | None = None
    code: int | None = None
    over: bool = False
    seconds: float = 0.0


@dataclass
class HostOf:
    """A host of the run over time: `part` is None while it is lost; `losses` counts how often it was."""

    name: str
    part: Part | None = None
    losses: int = 0
    next_try: float = 0.0
    trying: bool = False
    problem: Problem | None = None
    takes_part: bool = False
    ended: bool = False
    lost: bool = False
    code: int | None = None
    refused: str = ""
    ranks: dict[int, RankOn] = field(default_factory=dict)

    def begin(self) -> None:
        """Take part in a formation that begins."""
        assert self.part is not None
        self.takes_part, self.ended, self.lost, self.code, self.refused = True, False, False, None, ""
        self.ranks = {local: RankOn(local) for local in range(self.part.processes)}

    @property
    def here(self) -> bool:
        """Tell whether it can be talked with."""
        return self.part is not None
