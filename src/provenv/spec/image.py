"""An image target of the declared file, complete: what was not said gets its usual value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from ..model.image import EngineName, ImageOptions, Limits
from ..model.spec import Spec, Target
from .references import read_port, read_size, read_volume

PYTHON = "3.12"
"""The Python of a base image where the declared file names none."""
SHM = "1g"
"""Shared memory of containers: an engine's own 64 MB are too little for any data loader, and what is not
used costs nothing."""


def image_options(spec: Spec, target: Target) -> ImageOptions:
    """Return what `[target.NAME]` says of its image; `target.options` were validated by the schema."""
    said = target.options
    python = str(said.get("python") or spec.python or "")
    base = str(said.get("base") or f"python:{_minor(python)}-slim")
    return ImageOptions(
        base=base,
        repository=str(said.get("repository") or _plain(f"{spec.name}-{target.name}")),
        engine=cast(EngineName, said.get("engine", "auto")),
        platform=str(said.get("platform") or ""),
        user=int(str(said.get("user", 1000))),
        code=_words(said, "code"),
        command=str(said.get("command") or ""),
        health=str(said.get("health") or ""),
        ports=tuple(read_port(one) for one in _words(said, "ports")),
        volumes=tuple(read_volume(one) for one in _words(said, "volumes")),
        limits=Limits(
            gpus=str(said.get("gpus") or ""),
            shm=read_size(str(said.get("shm") or SHM)),
            memory=read_size(str(said.get("memory") or "0")),
            cpus=float(str(said.get("cpus") or 0)),
        ),
        network=str(said.get("network") or ""),
        bytecode=bool(said.get("bytecode", True)),
        extensions=_words(said, "extensions"),
        system=_words(said, "system") if "system" in said else spec.system,
    )


def _words(said: Mapping[str, object], key: str) -> tuple[str, ...]:
    found = said.get(key) or ()
    return tuple(str(one) for one in found) if isinstance(found, (list, tuple)) else ()


def _minor(python: str) -> str:
    """Return the version of Python that a declared one begins with: the lowest that it allows."""
    found = re.search(r"\d+\.\d+", python)
    return found[0] if found else PYTHON


def _plain(name: str) -> str:
    """Return a project's name as a repository's may be: small letters, digits, single separators."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "project"
