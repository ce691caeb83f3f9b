"""Which target of a project is an image, what it says, and the engine that works for it."""

from __future__ import annotations

from dataclasses import dataclass

from ...engines.engine import Engine
from ...engines.find import find
from ...model.image import ImageOptions
from ...model.spec import Spec
from ...spec.image import image_options
from ..project import Project, find_target


@dataclass(frozen=True)
class ImageTarget:
    """An image target at work: what it says and its engine."""

    options: ImageOptions
    engine: Engine


def options_of(project: Project, spec: Spec) -> ImageOptions | None:
    """Return what the project's target says of its image; None where it is none. Raises Failure PV703."""
    target = find_target(project, spec)
    return image_options(spec, target) if target is not None and target.kind == "image" else None


def image_target(project: Project, options: ImageOptions) -> ImageTarget:
    """Return the target with its engine. Raises Failure where none answers (see engines.find)."""
    return ImageTarget(options, find(project.host, options.engine, project.environment))
