"""The looks at what lies outside the project: network, caches, services."""

from __future__ import annotations

from . import clusters, containers, native, network, secrets, stores, surroundings, virtualisation
from .look import Look

OUTSIDE: tuple[Look, ...] = (
    Look("network", ("network",), network.look, limit=4.0),
    Look("stores", ("stores",), stores.look, limit=3.0),
    Look("secrets", ("secrets",), secrets.look, limit=2.0),
    Look("native", ("native",), native.look, limit=5.0),
    Look("surroundings", ("surroundings",), surroundings.look, limit=5.0),
    Look("containers", ("containers",), containers.look, limit=3.0),
    Look("virtualisation", ("virtualisation",), virtualisation.look, limit=3.0),
    Look("clusters", ("clusters",), clusters.look, limit=4.0),
)
