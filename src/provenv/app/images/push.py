"""`push`: the current generation's image to a registry, named by what went in; where it lies is recorded."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from ...engines import images, registry
from ...engines.engine import Engine
from ...errors import Exit, Failure, Hint, Text, problem, text
from ...lazy import load
from ...model.image import Image, Pushed, repository_of
from ...model.results import PushResult
from ...model.state import Generation
from ...spec.references import REFERENCE
from ...targets.guard import guarded
from ...targets.images import read_image, write_image
from ...targets.lease import lease
from ...targets.names import HERE
from ...targets.records import read_state
from ..project import Project
from .keep import MOVING, engine_of, gone
from .preparing import why_stale_image

HUB = "docker.io"
"""The registry of a name that names none (distribution/reference, `normalize.go`)."""


def push(
    project: Project,
    reference: str = "",
    *,
    latest: bool = False,
    agree: Callable[[Text], bool] = lambda question: False,
) -> PushResult:
    """Push the current generation's image; return where it lies now, by the registry's digest.

    `reference` is a repository, or one with a tag; without it the target's own. The tag is the digest
    of what went in unless it says another; `latest` pushes that name too. The engine's client logs in as the
    user has it set up. `agree` is asked before a name without a registry goes to the public hub.
    Nothing is recorded that was not pushed: killed at any moment, the same command goes on.

    Raises Failure: PV1105 for no registry, PV1106 where nothing is proven, PV1107 where the image is gone
    from the engine, PV1108 where the target is no image, PV1109 for a name that is none;
    and what the registry said.
    """
    try:
        return _push(project, reference, latest=latest, agree=agree)
    except Failure as failure:
        raise load("app.answered")(failure, project) from failure


def _push(project: Project, reference: str, *, latest: bool, agree: Callable[[Text], bool]) -> PushResult:
    generation, image = _proven(project)
    goal = _goal(reference, image)
    if not names_registry(goal) and not agree(text("image.push.ask", reference=goal, hub=HUB)):
        raise Failure(
            problem(
                "PV1105",
                reference=goal,
                hub=HUB,
                hints=(
                    Hint(text("PV1105.hint_file", target=project.target, repository=repository_of(goal))),
                    Hint(text("PV1105.hint_yes", hub=HUB), _command(project, reference, "--yes")),
                ),
            ),
            exit_code=Exit.USAGE,
        )
    held = lease(project.layout.generation(generation.number))
    try:
        engine = engine_of(project, image)
        if images.inspect(engine, image.id) is None:
            raise gone(project, generation.number, image)
        if why_stale_image(project, generation.number):
            hints = (Hint(None, f"provenv up --on {project.target}"),)
            project.progress.warn(problem("PV1116", severity="note", number=generation.number, hints=hints))
        names = [goal, f"{repository_of(goal)}:{MOVING}"] if latest else [goal]
        sent: set[str] = set()
        pushed = [_send(project, engine, image, one, sent) for one in dict.fromkeys(names)]
    finally:
        os.close(held)
    with guarded(project.layout, wait=True, progress=project.progress):
        image = _record(project, generation.number, pushed)
    result = PushResult(project.target, generation.number, image, tuple(pushed), len(image.layers))
    return _counted(project, result, sent) if engine.client.kind == "docker" else result


def _command(project: Project, *words: str) -> str:
    return " ".join(["provenv push --on", project.target, *(one for one in words if one)])


def names_registry(reference: str) -> bool:
    """Tell whether a reference says which registry it is of (distribution/reference, `splitDockerDomain`)."""
    first, slash, _ = reference.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")


def _proven(project: Project) -> tuple[Generation, Image]:
    state = read_state(project.layout)
    generation = state.generation(state.current)
    if generation is None:
        hint = Hint(None, f"provenv up --on {project.target}" if project.target != HERE else "provenv up")
        raise Failure(problem("PV721", target=project.target, hints=(hint,)))
    image = read_image(project.layout, generation.number)
    if image is None:
        raise no_image(project, "push")
    if generation.proof != "passed":
        hints = (Hint(None, f"provenv prove --on {project.target}"),)
        raise Failure(problem("PV1106", number=generation.number, hints=hints), exit_code=Exit.UNPROVEN)
    return generation, image


def no_image(project: Project, command: str) -> Failure:
    """Return the failure of a target that is no image; it names those that are."""
    known = [one.name for one in project.spec().targets.values() if one.kind == "image"]
    hints = tuple(
        Hint(text("PV1108.hint_known", target=name), f"provenv {command} --on {name}") for name in known
    )
    return Failure(
        problem("PV1108", target=project.target, hints=hints or (Hint(text("PV1108.hint")),)),
        exit_code=Exit.USAGE,
    )


def _goal(reference: str, image: Image) -> str:
    """Return the whole reference to push to. Raises Failure PV1109."""
    wanted = reference or repository_of(image.reference)
    if re.fullmatch(REFERENCE, wanted) is None or "@" in wanted:
        raise Failure(problem("PV1109", reference=wanted), exit_code=Exit.USAGE)
    if repository_of(wanted) != wanted:
        return wanted
    return f"{wanted}:{image.reference.rpartition(':')[2]}"


def _counted(project: Project, result: PushResult, sent: set[str]) -> PushResult:
    """Return the result with what was sent, and say it."""
    new = [one for one in result.image.layers if one.digest.removeprefix("sha256:")[:12] in sent]
    counted = replace(result, sent=len(new), bytes=sum(one.size for one in new))
    words = text("image.push.there", n=result.layers)
    if new:
        words = text("image.push.sent", n=result.layers, sent=len(new), size_bytes=counted.bytes or 0)
    project.progress.note(words)
    return counted


def _send(project: Project, engine: Engine, image: Image, reference: str, sent: set[str]) -> Pushed:
    """Name the image so in the engine, push that name, and take it back where it was not there before.

    `sent` gets the layers that were not in the registry.
    """
    before = images.inspect(engine, reference)
    if before is None or before.id != image.id:
        images.tag(engine, image.id, reference)
    digest = registry.push(engine, reference, project.progress, tell=sent.update)
    now = images.inspect(engine, image.id) if before is None else None
    # with its last name the image itself would go
    if now is not None and len(now.tags) > 1:
        images.remove(engine, reference)
    return Pushed(reference, digest, datetime.now(timezone.utc).isoformat(timespec="seconds"))


def _record(project: Project, number: int, pushed: list[Pushed]) -> Image:
    """Write where a generation's image lies, the last push last; what it said before may have changed."""
    image = read_image(project.layout, number)
    assert image is not None, "it is held"
    names = {one.reference for one in pushed}
    others = tuple(one for one in image.pushed if one.reference not in names)
    # the name by the digest of what went in is the one to come back to
    image = replace(image, pushed=(*others, *reversed(pushed)))
    write_image(project.layout, number, image)
    return image
