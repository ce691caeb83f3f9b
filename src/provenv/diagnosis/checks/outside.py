"""The checks of what lies outside the project: the machine, its network, its services."""

from __future__ import annotations

from . import clock, credentials, network, storage
from .check import Check

OUTSIDE: tuple[Check, ...] = (
    Check("network", "network", network.look, needs=("network",), uses=("facts", "lock", "generation")),
    Check("clock", "network", clock.look, uses=("network", "facts", "surroundings")),
    Check("storage", "storage", storage.look, needs=("stores",), uses=("facts", "folder", "generation")),
    Check("credentials", "credentials", credentials.look, needs=("secrets",), uses=("network", "spec")),
)
