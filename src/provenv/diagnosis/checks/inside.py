"""The checks of what lies inside the project and its environment, and of the machine's accelerators."""

from __future__ import annotations

from . import (
    abandoned,
    builds,
    declared,
    devices,
    families,
    generation,
    interpreter,
    limits,
    memory,
    metadata,
    models,
    openmp,
    requirements,
    room,
    search,
    shadowing,
    threads,
    twins,
    variables,
)
from .check import Check

ENVIRONMENTS = ("environments",)

INSIDE: tuple[Check, ...] = (
    Check("devices", "accelerator", devices.look, needs=("facts",), uses=("spec",)),
    Check("builds", "accelerator", builds.look, needs=("facts", *ENVIRONMENTS), uses=("spec", "standing")),
    Check("families", "packages", families.look, needs=ENVIRONMENTS, uses=("facts", "lock", "standing")),
    Check("twins", "packages", twins.look, needs=ENVIRONMENTS, uses=("standing",)),
    Check(
        "requirements", "packages", requirements.look, needs=ENVIRONMENTS, uses=("facts", "lock", "standing")
    ),
    Check("metadata", "packages", metadata.look, needs=ENVIRONMENTS, uses=("standing",)),
    Check("abandoned", "packages", abandoned.look, uses=("spec", "environments", "standing")),
    Check("openmp", "packages", openmp.look, needs=ENVIRONMENTS, uses=("standing",)),
    Check("search", "loader", search.look, needs=("search",), uses=("environments", "standing")),
    Check("variables", "loader", variables.look, uses=("facts",)),
    Check("threads", "limits", threads.look, needs=("facts",)),
    Check("shadowing", "project", shadowing.look, needs=("files",), uses=("spec", "lock", "environments")),
    Check("models", "project", models.look, needs=("files",)),
    Check("declared", "project", declared.look, needs=("standing",), uses=("spec", "lock", "facts")),
    Check("generation", "environment", generation.look, needs=("standing",), uses=("generation", "drift")),
    Check("interpreter", "environment", interpreter.look, needs=ENVIRONMENTS, uses=("standing",)),
    Check("memory", "memory", memory.look, needs=("facts",), uses=("spec", "lock", "environments")),
    Check("room", "storage", room.look, needs=("facts",), uses=("rooms", "lock", "generation")),
    Check("limits", "limits", limits.look, needs=("facts",), uses=("spec", "lock", "environments")),
)
