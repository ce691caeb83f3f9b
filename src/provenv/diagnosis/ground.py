"""What doctor's checks judge: what was looked at, all of it values.

A look that was not made, or gave nothing in time, leaves its field None; a check
names in `needs` what it cannot do without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model.environment import Environment
from ..model.facts import Facts
from ..model.lock import Lock
from ..model.looked import Files, Room, SearchFolder, Standing
from ..model.outside import (
    Cluster,
    Containers,
    Native,
    Network,
    Secret,
    Stores,
    Surroundings,
    Virtualisation,
)
from ..model.spec import Spec
from ..model.state import Drift, Generation


@dataclass(frozen=True)
class Ground:
    """Everything that checks may ask. `variables` are the user's environment variables."""

    facts: Facts | None = None
    spec: Spec | None = None
    lock: Lock | None = None
    generation: Generation | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    native: Native | None = None
    network: Network | None = None
    stores: Stores | None = None
    secrets: tuple[Secret, ...] | None = None
    containers: Containers | None = None
    virtualisation: Virtualisation | None = None
    clusters: tuple[Cluster, ...] | None = None
    surroundings: Surroundings | None = None
    environments: tuple[Environment, ...] | None = None
    standing: Standing | None = None
    drift: Drift | None = None
    search: tuple[SearchFolder, ...] | None = None
    files: Files | None = None
    rooms: tuple[Room, ...] | None = None


def lacks(ground: Ground, needs: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of the needed fields are not there."""
    return tuple(name for name in needs if getattr(ground, name) is None)
