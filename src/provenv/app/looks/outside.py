"""The looks at what lies outside the project: network, caches, services."""

from __future__ import annotations

from .look import Look

OUTSIDE: tuple[Look, ...] = ()
