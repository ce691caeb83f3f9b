"""The options of `run` and `shell` that speak of a container: ports, folders, GPUs, limits."""

from __future__ import annotations

import click

from ..model.launch import Wishes
from .session import option


def wishes_options() -> list[click.Parameter]:
    """Return the options; what they say is read by `wishes`."""
    return [
        option("--port", "-p", "ports", multiple=True, metavar="PORT", help="cli.wishes.port"),
        option("--volume", "volumes", multiple=True, metavar="SRC:DST[:ro]", help="cli.wishes.volume"),
        option("--gpus", metavar="GPUS", help="cli.wishes.gpus"),
        option("--memory", metavar="SIZE", help="cli.wishes.memory"),
        option("--cpus", metavar="CORES", help="cli.wishes.cpus"),
        option("--shm", metavar="SIZE", help="cli.wishes.shm"),
    ]


def wishes(
    ports: tuple[str, ...],
    volumes: tuple[str, ...],
    gpus: str | None,
    memory: str | None,
    cpus: str | None,
    shm: str | None,
) -> Wishes:
    """Return what the options say, as it was written."""
    return Wishes(ports, volumes, gpus or "", memory or "", cpus or "", shm or "")
