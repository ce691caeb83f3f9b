"""The looks at what lies outside the project: network, caches, services."""

from __future__ import annotations

from . import network
from .look import Look

OUTSIDE: tuple[Look, ...] = (Look("network", ("network",), network.look, limit=4.0),)
