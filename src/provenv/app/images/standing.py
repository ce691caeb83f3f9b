"""`status` of image targets: whether the image is as declared, and the engine still has it by its names."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ...engines import images
from ...errors import Failure, Problem, Text, text
from ...model.image import Image
from ...model.results import Status
from ...model.state import Generation
from ...targets.images import read_image
from ...targets.receipts import read_proof
from ..project import Project
from ..remembered import remembered_spec
from .keep import engine_of, moving_tag
from .preparing import why_stale_image


def status(project: Project, generation: Generation) -> Status:
    """Return where an image target stands whose current generation that is.

    Where no engine answers that is a finding: what the files say can be told without one.
    """
    image = read_image(project.layout, generation.number)
    assert image is not None, "the caller found it"
    declared = remembered_spec(project, generation)
    stale = why_stale_image(project, generation.number)
    findings: tuple[Problem, ...] = ()
    try:
        drift = _drift(project, image)
    except Failure as failure:
        drift = (text("image.drift.unseen"),)
        findings = tuple(replace(one, severity="warning") for one in failure.problems)
    sync: Literal["in-sync", "stale", "drifted"] = "drifted" if drift else "stale" if stale else "in-sync"
    return Status(
        project.target,
        declared.file,
        sync,
        generation,
        (*drift, *stale),
        evidence=read_proof(project.layout, generation.number),
        findings=findings,
        image=image,
    )


def _drift(project: Project, image: Image) -> tuple[Text, ...]:
    """Return what of the engine's is not what was proven; empty where all is. Raises Failure: no engine."""
    engine = engine_of(project, image)
    if images.inspect(engine, image.id) is None:
        return (text("image.drift.gone", id=short(image.id)),)
    told = []
    for reference in (image.reference, moving_tag(image)):
        found = images.inspect(engine, reference)
        if found is None:
            told.append(text("image.drift.untagged", reference=reference))
        elif found.id != image.id:
            told.append(text("image.drift.other", reference=reference, id=short(found.id)))
    return tuple(told)


def short(id: str) -> str:
    """Return an image's digest as the engines' own lists write it."""
    return id.removeprefix("sha256:")[:12]
