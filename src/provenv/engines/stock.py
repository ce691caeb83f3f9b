"""What an engine's images share, so that what each alone holds can be told; who keeps an image from going."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..model.engine import Inspected
from .engine import Engine
from .failures import explain
from .images import history, read

Chain = tuple[str, ...]
"""A layer with all below it: an engine keeps the same content once for each place that it lies at."""


class Stock:
    """The layers of all images of an engine at one moment; images that are removed are taken out of it."""

    def __init__(self, engine: Engine) -> None:
        """Ask the engine for all of its images. Raises Failure."""
        self._engine = engine
        self._layers = {one.id: one.layers for one in _everything(engine)}

    def take(self, id: str) -> int:
        """Take an image out and return the bytes of the layers that no other image has."""
        layers = self._layers.pop(id, None)
        if layers is None:
            return 0
        others = {chain for one in self._layers.values() for chain in chains(one)}
        sizes = [one.size for one in history(self._engine, id)]
        return sum(size for size, chain in zip(sizes, chains(layers), strict=True) if chain not in others)


def chains(layers: Sequence[str]) -> tuple[Chain, ...]:
    """Return each layer with those that it lies on (image-spec, `config.md`: Layer ChainID)."""
    return tuple(tuple(layers[: place + 1]) for place in range(len(layers)))


def users(engine: Engine, id: str) -> tuple[str, ...]:
    """Return the names of the containers that were made from an image, running or not. Raises Failure."""
    plain = id.removeprefix("sha256:")  # podman's filter knows no other form
    # the filter also names those of images that stand on this one
    listed = engine.call("ps", "--all", "--quiet", "--no-trunc", "--filter", f"ancestor={plain}")
    if listed.code:
        raise explain(listed, "inspect")
    if not listed.out.split():
        return ()
    done = engine.call("container", "inspect", *listed.out.split())
    try:
        found = json.loads(done.out or "[]")
    except ValueError:
        found = []
    return tuple(
        str(one.get("Name") or one.get("Id")).lstrip("/")
        for one in found
        if str(one.get("Image") or "").removeprefix("sha256:") == plain
    )


def _everything(engine: Engine) -> list[Inspected]:
    # without `--all`: what a build left between its steps goes with the image that it led to
    listed = engine.call("image", "ls", "--quiet", "--no-trunc")
    if listed.code:
        raise explain(listed, "inspect")
    names = list(dict.fromkeys(listed.out.split()))
    if not names:
        return []
    # one that another process removes meanwhile is missing in the answer; the rest is there
    done = engine.call("image", "inspect", *names)
    try:
        said = json.loads(done.out or "[]")
    except ValueError:
        said = []
    return [read(one) for one in said]
