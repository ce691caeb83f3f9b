"""The checks of what lies outside the project: the machine, its network, its services."""

from __future__ import annotations

from . import clock, network
from .check import Check

OUTSIDE: tuple[Check, ...] = (
    Check("network", "network", network.look, needs=("network",), uses=("facts", "lock", "generation")),
    Check("clock", "network", clock.look, uses=("network", "facts", "surroundings")),
)
