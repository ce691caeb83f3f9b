"""The build of an image: a folder with what goes in and nothing else, the engine's build, what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ... import context as context_room
from ...engines import building, images
from ...model.engine import BuildRequest, Inspected
from ...model.image import Image
from ...targets.layout import Layout
from ...targets.remove import discard
from ..project import Project
from .preparing import Prepared

FOLDER = "build"
SECRETS = "build-secrets"
LABELS = ("dev.provenv.project", "dev.provenv.target")
"""By which an engine's images and containers are known as this project's target's."""


def make_image(project: Project, prepared: Prepared) -> Image:
    """Build what was prepared; the image has no name yet. The caller holds the target's guard.

    Raises Failure where the engine refuses or a step fails, or a file changed after it was looked at.
    """
    ground, recipe = prepared.ground, prepared.recipe
    began = time.monotonic()
    with _folder(project.layout, FOLDER) as folder, _folder(project.layout, SECRETS) as kept:
        context_room.staged(project.root, prepared.context, recipe, folder)
        request = BuildRequest(
            str(folder),
            platform=ground.options.platform,
            network=ground.options.network,
            secrets=_written(project, kept, recipe.secrets),
            labels=dict(zip(LABELS, (ground.spec.name, project.target), strict=True))
            | {"dev.provenv.recipe": recipe.digest, "dev.provenv.below": recipe.below}
            | {"dev.provenv.code": prepared.context.digest},
            epoch=0,
        )
        found = building.build(ground.engine, request, project.progress)
    inspected = images.inspect(ground.engine, found) or Inspected(found)
    return Image(
        id=inspected.id,
        reference=f"{ground.options.repository}:{recipe.digest[:12]}",
        engine=ground.engine.client.kind,
        base=ground.base.reference,
        recipe=recipe.digest,
        below=recipe.below,
        size=inspected.size,
        layers=images.history(ground.engine, inspected.id),
        seconds=round(time.monotonic() - began, 3),
    )


@contextmanager
def _folder(layout: Layout, name: str) -> Iterator[Path]:
    """Give an empty folder of that name beside the generations, and take it away; a killed build's goes too.

    The name is always the same: builders send only what changed since they last saw it.
    """
    folder = layout.base / name
    if folder.exists():
        discard(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        if folder.exists():
            discard(folder)


def _written(project: Project, folder: Path, secrets: Mapping[str, str]) -> dict[str, str]:
    """Write each secret to a file that only this user can read; return id -> path."""
    for name, words in secrets.items():
        project.host.put(words.encode(), str(folder / name), mode=0o600)
    return {name: str(folder / name) for name in secrets}
