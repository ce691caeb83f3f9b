"""Environments on the hosts of a target: what was made on each, where each stands, what is left of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .fleet import Clock, HostResult
from .state import Drift

if TYPE_CHECKING:
    # results are only written, never read back
    from ..errors import Problem, Text
    from .evidence import Evidence
    from .lock import Lock
    from .plan import Plan
    from .results import Cleaned
    from .spec import Spec
    from .state import Generation

Proven = Literal["", "passed", "failed"]


@dataclass(frozen=True)
class HostMade:
    """What `up` came to on one host: `installed` now or there already, the bytes that travelled to it.

    `switched` tells that it stood elsewhere before; `seconds` is what its proof took.
    """

    python: str = ""
    installed: bool = False
    packages: int = 0
    bytes: int = 0
    proof: Proven = ""
    switched: bool = False


@dataclass(frozen=True)
class FleetUp:
    """`up` on hosts: the generation that all of them have now, or that some could not be given.

    `evidence` is of all hosts together and of what is between them. Hosts that `righted` names stood at
    another generation than the target's and were put back to it; `left` are no hosts of the target any more.
    """

    target: str
    unchanged: bool
    number: int
    hosts: tuple[HostResult[HostMade], ...] = ()
    generation: Generation | None = None
    plan: Plan | None = None
    lock: Lock | None = None
    evidence: Evidence | None = None
    righted: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class HostPlanned:
    """What `up` would do on one host: `has` the generation whole; else the packages that would go there.

    `python` is the interpreter that its environment would be made with; `files` are so many of `bytes`, those
    `unsized` not counted: their index does not say their size.
    """

    python: str
    has: bool
    current: int | None = None
    files: int = 0
    bytes: int = 0
    unsized: int = 0


@dataclass(frozen=True)
class FleetPlanned:
    """`plan` on hosts."""

    target: str
    plan: Plan
    spec: Spec
    lock: Lock
    hosts: tuple[HostResult[HostPlanned], ...]

    @property
    def changes(self) -> bool:
        """Tell whether `up` would do anything on any host."""
        number = self.plan.generation
        standing = [one.value for one in self.hosts if one.value is not None]
        return bool(self.plan.steps) or any(not one.has or one.current != number for one in standing)


@dataclass(frozen=True)
class FleetProven:
    """`prove` on hosts: the receipt of all, and each host's own."""

    target: str
    evidence: Evidence
    hosts: tuple[HostResult[Evidence], ...]


@dataclass(frozen=True)
class HostStanding:
    """Where one host stands: its current generation and what drifted of it; free bytes; commands that run.

    `proven` is when (ISO 8601) this generation was proven there last, and `proof` how that ended.
    """

    current: int | None
    generations: tuple[int, ...] = ()
    drift: Drift = Drift()
    python: str = ""
    proof: Proven = ""
    proven: str = ""
    free: int | None = None
    clock: Clock | None = None
    running: int = 0


@dataclass(frozen=True)
class FleetStatus:
    """`status` on hosts. `reasons` name what made the target stale; every host stands for itself."""

    target: str
    file: str
    sync: Literal["absent", "in-sync", "stale", "drifted"]
    hosts: tuple[HostResult[HostStanding], ...]
    generation: Generation | None = None
    reasons: tuple[Text, ...] = ()
    evidence: Evidence | None = None
    findings: tuple[Problem, ...] = ()

    @property
    def differing(self) -> tuple[str, ...]:
        """Return the hosts that answered and do not stand, whole, where the target does."""
        number = self.generation.number if self.generation else None
        return tuple(
            one.host
            for one in self.hosts
            if one.value is not None and (one.value.current != number or one.value.drift)
        )


@dataclass(frozen=True)
class FleetRollback:
    """`rollback` on hosts: from which generation to which, and what of it had drifted on each.

    `done` is False where it was not carried out for that.
    """

    target: str
    old: int
    new: int
    hosts: tuple[HostResult[Drift], ...]
    done: bool = True


@dataclass(frozen=True)
class FleetCleaned:
    """`gc` and `down` on hosts: what went at home, and on each."""

    target: str
    home: Cleaned
    hosts: tuple[HostResult[Cleaned], ...]
