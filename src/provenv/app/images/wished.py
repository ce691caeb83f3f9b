"""What a container gets: what its target declares, or what the command line says in its place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ...errors import Exit, Failure, Hint, problem, text
from ...model.image import ImageOptions, Limits, Port, Volume
from ...model.launch import Wishes
from ...spec.references import GPUS, read_port, read_size, read_volume

T = TypeVar("T")

REMOTE = ("tcp://", "ssh://", "http://", "https://")
"""Addresses of engines on other machines, whose folders nobody sees from here."""


def wished(options: ImageOptions, wishes: Wishes) -> ImageOptions:
    """Return the target's options with those of the command line in their places.

    A port of the same number in the container, or a folder at the same path, replaces the declared one;
    others come beside them. Raises Failure PV1083 (usage) for what cannot be read.
    """
    ports = {one.container: one for one in options.ports}
    ports.update((one.container, one) for one in _each("--port", wishes.ports, read_port))
    volumes = {one.path: one for one in options.volumes}
    volumes.update((one.path, one) for one in _each("--volume", wishes.volumes, read_volume))
    limits = options.limits
    if wishes.gpus:
        limits = replace(limits, gpus=_read("--gpus", wishes.gpus, _gpus))
    if wishes.memory:
        limits = replace(limits, memory=_read("--memory", wishes.memory, read_size))
    if wishes.shm:
        limits = replace(limits, shm=_read("--shm", wishes.shm, read_size))
    if wishes.cpus:
        limits = replace(limits, cpus=_read("--cpus", wishes.cpus, _cpus))
    return replace(options, ports=tuple(ports.values()), volumes=tuple(volumes.values()), limits=limits)


def mounts(
    options: ImageOptions, wishes: Wishes, root: Path, folder: Path, address: str
) -> tuple[Volume, ...]:
    """Return the volumes with whole paths: declared ones are meant from `root`, the user's from `folder`.

    `address` is the engine's. Raises Failure PV1081 where a folder that shall be mounted is not there.
    """
    own = {read_volume(one).path for one in wishes.volumes}
    return tuple(_whole(one, folder if one.path in own else root, address) for one in options.volumes)


def _whole(volume: Volume, folder: Path, address: str) -> Volume:
    if volume.named:
        return volume
    path = os.path.normpath(folder / os.path.expanduser(volume.source))
    if not address.startswith(REMOTE) and not os.path.exists(path):
        hints = (Hint(text("PV1081.hint"), f"mkdir -p {path}"),)
        raise Failure(problem("PV1081", why=text("PV1081.why"), hints=hints, path=path, at=volume.path))
    return replace(volume, source=path)


def _each(name: str, said: Sequence[str], read: Callable[[str], T]) -> list[T]:
    return [_read(name, one, read) for one in said]


def _read(name: str, said: str, read: Callable[[str], T]) -> T:
    try:
        return read(said)
    except ValueError as error:
        form = text(f"PV1083.{name.removeprefix('--')}")
        raise Failure(problem("PV1083", why=form, option=name, said=said), exit_code=Exit.USAGE) from error


def _gpus(said: str) -> str:
    if re.fullmatch(GPUS, said) is None:
        raise ValueError(said)
    return said


def _cpus(said: str) -> float:
    count = float(said)
    if not 0 < count < 65536:
        raise ValueError(said)
    return count


def limited(limits: Limits, cores: float) -> float:
    """Return how many cores the container's commands may use, of those that this machine grants."""
    return min(limits.cpus, cores) if limits.cpus else cores


def published(port: Port) -> str:
    """Return how a port is shown: `127.0.0.1:8080 -> 8000`."""
    return f"{port.address}:{port.host} -> {port.container}"
