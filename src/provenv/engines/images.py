"""The images of an engine: looked at, named, removed, listed; their layers with who made them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..model.engine import Inspected
from ..model.image import ImageLayer
from .engine import Engine
from .failures import explain

ABSENT = re.compile(
    r"no such (?:image|object)|image not known|failed to find image|no image found", re.IGNORECASE
)
EMPTY = re.compile(
    r"^(?:/bin/sh -c )?(?:#\(nop\)\s*)?"
    r"(?:ENV|LABEL|CMD|ENTRYPOINT|USER|EXPOSE|ARG|HEALTHCHECK|STOPSIGNAL|VOLUME|SHELL|ONBUILD|MAINTAINER)\b"
)
"""Instructions that change an image's configuration alone."""


def inspect(engine: Engine, reference: str) -> Inspected | None:
    """Return what the engine says of an image, None where it has none of this name. One process."""
    found = _inspect(engine, reference)
    return found[0] if found else None


def tag(engine: Engine, id: str, reference: str) -> None:
    """Give an image a name; whatever had it loses it. Raises Failure."""
    done = engine.call("tag", id, reference)
    if done.code:
        raise explain(done, "inspect", reference=reference)


def remove(engine: Engine, reference: str) -> bool:
    """Remove a name, and the image with its last one; tell whether it was there. Raises Failure."""
    done = engine.call("image", "rm", reference)
    if done.code and not ABSENT.search(done.err):
        raise explain(done, "remove", reference=reference)
    return done.code == 0


def listed(engine: Engine, label: str) -> tuple[Inspected, ...]:
    """Return the engine's images that carry a label (`key` or `key=value`), also those without a name."""
    done = engine.call("image", "ls", "--quiet", "--no-trunc", "--filter", f"label={label}")
    if done.code:
        raise explain(done, "inspect")
    names = list(dict.fromkeys(done.out.split()))
    return tuple(_inspect(engine, *names)) if names else ()


def history(engine: Engine, reference: str) -> tuple[ImageLayer, ...]:
    """Return the layers of an image, lowest first. Raises Failure."""
    found = inspect(engine, reference)
    form = "json" if engine.client.kind == "podman" else "{{json .}}"
    done = engine.call("history", "--no-trunc", "--human=false", "--format", form, reference)
    if done.code or found is None:
        raise explain(done, "inspect", reference=reference)
    return pair(found.layers, steps(done.out))


def steps(printed: str) -> list[tuple[int, str]]:
    """Read a history, lowest first: bytes and instruction. Docker's is a line each, podman's one list."""
    if printed.lstrip().startswith("["):
        said = json.loads(printed)
    else:
        said = [json.loads(line) for line in printed.splitlines() if line.strip()]
    return [
        (int(float(one.get("Size") or one.get("size") or 0)), str(one.get("CreatedBy") or ""))
        for one in reversed(said)
    ]


def pair(layers: tuple[str, ...], steps: list[tuple[int, str]]) -> tuple[ImageLayer, ...]:
    """Return layers with the steps that made them: a history has steps without a layer, and none says so."""
    real = [one for one in steps if one[0] > 0 or not EMPTY.match(one[1])]
    surplus = len(real) - len(layers)
    for one in [one for one in real if one[0] == 0]:
        if surplus > 0:
            real.remove(one)
            surplus -= 1
    real += [(0, "")] * (len(layers) - len(real))
    return tuple(
        ImageLayer(digest, size, by) for digest, (size, by) in zip(layers, real[: len(layers)], strict=True)
    )


def _inspect(engine: Engine, *references: str) -> list[Inspected]:
    done = engine.call("image", "inspect", *references)
    try:
        said = json.loads(done.out or "[]")
    except ValueError:
        said = []
    if done.code and not said and not ABSENT.search(done.err):
        raise explain(done, "inspect", reference=" ".join(references))
    return [read(one) for one in said]


def read(said: Mapping[str, Any]) -> Inspected:
    """Read one image of `docker image inspect` or `podman image inspect` (the Engine API's ImageInspect)."""
    settings = said.get("Config") or {}
    id = str(said.get("Id") or "")
    variant = f"/{said['Variant']}" if said.get("Variant") else ""
    return Inspected(
        id if ":" in id else f"sha256:{id}",
        tuple(said.get("RepoTags") or ()),
        tuple(said.get("RepoDigests") or ()),
        f"{said.get('Os') or 'linux'}/{said.get('Architecture') or ''}{variant}",
        int(said.get("Size") or 0),
        tuple((said.get("RootFS") or {}).get("Layers") or ()),
        dict(settings.get("Labels") or {}),
        dict(one.partition("=")[::2] for one in settings.get("Env") or ()),
        str(settings.get("User") or ""),
        str(said.get("Created") or ""),
    )
