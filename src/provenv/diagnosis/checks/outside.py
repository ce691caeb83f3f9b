"""The checks of what lies outside the project: the machine, its network, its services."""

from __future__ import annotations

from . import (
    clock,
    clusters,
    containers,
    credentials,
    locked,
    native,
    network,
    shm,
    storage,
    system,
    virtualisation,
)
from .check import Check

PACKAGES = ("lock", "environments", "spec")

OUTSIDE: tuple[Check, ...] = (
    Check("network", "network", network.look, needs=("network",), uses=("facts", "generation", *PACKAGES)),
    Check("clock", "network", clock.look, uses=("network", "facts", "surroundings")),
    Check("storage", "storage", storage.look, needs=("stores",), uses=("facts", "generation")),
    Check("credentials", "credentials", credentials.look, needs=("secrets",), uses=("network", "spec")),
    Check("native", "system", native.look, needs=("native", "facts"), uses=("generation", "spec")),
    Check("system_packages", "system", system.declared, needs=("surroundings",)),
    Check("compiling", "system", system.compiling, needs=("surroundings", "facts"), uses=PACKAGES),
    Check("processor", "system", system.processor, needs=("surroundings", "facts")),
    Check("wsl", "system", system.wsl, needs=("facts",)),
    Check("shm", "memory", shm.look, needs=("facts",), uses=PACKAGES),
    Check("locked", "limits", locked.look, needs=("facts",), uses=(*PACKAGES, "surroundings")),
    Check("containers", "containers", containers.look, needs=("facts",), uses=("spec", "containers")),
    Check(
        "virtualisation",
        "virtualisation",
        virtualisation.look,
        needs=("virtualisation",),
        uses=("spec", "facts"),
    ),
    Check("kubernetes", "cluster", clusters.kubernetes, needs=("clusters",)),
    Check("slurm", "cluster", clusters.slurm, needs=("facts",), uses=("spec",)),
)
