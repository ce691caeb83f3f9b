"""The machine's facts, read now."""

from __future__ import annotations

from ...diagnosis.ground import Ground
from ..machine import machine
from ..project import Project

LIMIT = 6.0
"""Seconds for one question of the probe: doctor tells what did not answer instead of waiting for it."""


def look(project: Project) -> Ground:
    """Return the facts of the project's place."""
    return Ground(facts=machine(project, limit=LIMIT))
