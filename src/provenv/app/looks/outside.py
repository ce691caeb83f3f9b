"""The looks at what lies outside the project: network, caches, services."""

from __future__ import annotations

from . import network, secrets, stores
from .look import Look

OUTSIDE: tuple[Look, ...] = (
    Look("network", ("network",), network.look, limit=4.0),
    Look("stores", ("stores",), stores.look, limit=3.0),
    Look("secrets", ("secrets",), secrets.look, limit=2.0),
)
