"""The checks of what lies outside the project: the machine, its network, its services."""

from __future__ import annotations

from .check import Check

OUTSIDE: tuple[Check, ...] = ()
