"""`up` for an image: what goes in, the build, the proof inside, the tag, the switch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone

from ... import lock as lock_room
from ...engines import containers, images
from ...errors import Exit, Failure, text
from ...model.evidence import Evidence
from ...model.image import Image, repository_of
from ...model.plan import Switch
from ...model.results import PlanResult
from ...model.state import Generation
from ...model.up_result import UpResult
from ...render.image import PYTHON
from ...targets.guard import guarded
from ...targets.images import read_image, write_image
from ...targets.receipts import write_proof
from ...targets.records import LOCK, write_generation, write_value
from ...targets.remove import remove_generations
from ...targets.venv import make_current
from ..clean import unproven_numbers
from ..files import keep_text
from ..folder import usable, with_cache
from ..locking import lock as relock
from ..locking import write as write_lock
from ..own_wheel import keep_own_wheel
from ..project import Project
from ..prove import unproven, verdict
from ..remembered import FACTS
from ..remembering import remember_spec
from .keep import forget
from .making import make_image
from .preparing import Prepared, prepare
from .prove import prove_image, settled_proof


def plan_image(project: Project, *, locked: bool = False) -> PlanResult:
    """Return what `up` would do. Nothing is written."""
    prepared = prepare(with_cache(project), locked=locked)
    return PlanResult(prepared.plan, prepared.ground.spec, prepared.lock.lock)


def up_image(
    project: Project, *, locked: bool, repair: bool, upgrade: Sequence[str] | None, wait: bool, began: float
) -> UpResult:
    """Build the image that the files say, prove it inside, tag it and switch to it; nothing where it is so.

    `repair` builds although nothing changed, and proves everything. Raises Failure as `app.up.up`: no
    engine, no base, a secret among the files, a failed build; with exit code 3 and the Evidence where the
    proof failed. The tag and the current generation stay as they were.
    """
    usable(project.root)
    with guarded(project.layout, wait=wait, progress=project.progress):
        project = with_cache(project)
        if upgrade is not None:
            relock(project, upgrade=upgrade)
        prepared = prepare(project, locked=locked, repair=repair)
        for finding in (
            *prepared.ground.spec.findings,
            *prepared.lock.lock.findings,
            *prepared.recipe.findings,
            *prepared.context.findings,
        ):
            project.progress.warn(finding)
        prepared = replace(prepared, lock=write_lock(project, prepared.lock))
        keep_own_wheel(project, prepared.ground.spec, prepared.lock.lock)
        current = prepared.state.generation(prepared.state.current)
        if not prepared.plan.steps and current is not None:
            return _settle(project, prepared, current, began)
        twin = None if repair else _twin(project, prepared)
        if twin is not None:
            return _switch_back(project, prepared, *twin, began)
        return _carry_out(project, prepared, whole=repair, began=began)


def _settle(project: Project, prepared: Prepared, current: Generation, began: float) -> UpResult:
    """Nothing has to be built: prove again where what is to be proven changed."""
    image = read_image(project.layout, current.number)
    evidence = None
    if image is not None and current.inputs.get("proof") != prepared.inputs["proof"]:
        settled = settled_proof(project, prepared.recipe.below)
        evidence = prove_image(
            project, prepared.ground, prepared.lock.lock, image.id, current.number, settled=settled
        )
        _must_pass(evidence, current.number)
        write_proof(project.layout, evidence)
    if image is not None:
        _tag(prepared, image)
    if current.inputs != prepared.inputs or current.lock_file != prepared.lock.path:
        current = replace(current, inputs=prepared.inputs, lock_file=prepared.lock.path)
        remember_spec(project, current.number, prepared.ground.spec)
        write_generation(project.layout, current)
    seconds = time.monotonic() - began
    return UpResult(
        project.target,
        evidence is None,
        current,
        None,
        prepared.lock.lock,
        evidence,
        seconds,
        image=image,
    )


def _twin(project: Project, prepared: Prepared) -> tuple[Generation, Image] | None:
    """Return a proven generation of the very same recipe whose image is still there."""
    for one in reversed(prepared.state.generations):
        image = read_image(project.layout, one.number)
        same = image is not None and image.recipe == prepared.recipe.digest and one.proof == "passed"
        same = same and one.inputs.get("proof") == prepared.inputs["proof"]
        if same and image is not None and images.inspect(prepared.ground.engine, image.id) is not None:
            return one, image
    return None


def _switch_back(
    project: Project, prepared: Prepared, twin: Generation, image: Image, began: float
) -> UpResult:
    make_current(project.layout, twin.number)
    _tag(prepared, image)
    project.progress.note(text("app.up.twin", number=twin.number))
    steps = (Switch(prepared.state.current, twin.number),)
    planned = replace(prepared.plan, generation=twin.number, steps=steps)
    seconds = time.monotonic() - began
    return UpResult(project.target, False, twin, planned, prepared.lock.lock, None, seconds, image=image)


def _carry_out(project: Project, prepared: Prepared, *, whole: bool, began: float) -> UpResult:
    layout, engine, planned = project.layout, prepared.ground.engine, prepared.plan
    forget(project, engine, unproven_numbers(prepared.state))
    containers.sweep(engine)  # what killed proofs left
    number = planned.generation
    settled = None if whole else settled_proof(project, prepared.recipe.below)
    image = make_image(project, prepared)
    try:
        generation = _record(project, prepared, number, image)
        evidence = prove_image(
            project, prepared.ground, prepared.lock.lock, image.id, number, settled=settled
        )
        write_proof(layout, evidence)
    except (Failure, KeyboardInterrupt, OSError, MemoryError, RuntimeError):
        # what is half made is of no use to anybody; the tag and the current generation were never touched
        with suppress(OSError, Failure):
            remove_generations(layout, [number])
            images.remove(engine, image.id)
        raise
    generation = replace(generation, proof=verdict(evidence))
    write_generation(layout, generation)
    _must_pass(evidence, prepared.state.current)
    images.tag(engine, image.id, image.reference)
    make_current(layout, number)
    _tag(prepared, image)
    seconds = time.monotonic() - began
    return UpResult(
        project.target, False, generation, planned, prepared.lock.lock, evidence, seconds, image=image
    )


def _record(project: Project, prepared: Prepared, number: int, image: Image) -> Generation:
    """Write what makes a folder a generation, and the values that it was made from beside it."""
    layout, locked = project.layout, prepared.lock.lock
    generation = Generation(
        number=number,
        path=str(layout.generation(number)),
        python=PYTHON,
        packages={package.name: package.version for package in locked.packages},
        lock=locked.identity,
        lock_file=prepared.lock.path,
        inputs=prepared.inputs,
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    layout.generation(number).mkdir(parents=True, exist_ok=True)
    remember_spec(project, number, prepared.ground.spec)
    write_value(layout, number, FACTS, prepared.ground.ground.facts)
    write_value(layout, number, "plan.json", prepared.plan)
    keep_text(layout.generation(number) / LOCK, lock_room.write(locked))
    write_image(layout, number, image)
    write_generation(layout, generation)
    return generation


def _tag(prepared: Prepared, image: Image) -> None:
    """Let the image's own tag and the one that moves name it, unless they do."""
    engine, moving = prepared.ground.engine, f"{repository_of(image.reference)}:latest"
    for reference in (image.reference, moving):
        found = images.inspect(engine, reference)
        if found is None or found.id != image.id:
            images.tag(engine, image.id, reference)


def _must_pass(evidence: Evidence, stays: int | None) -> None:
    if not evidence.passed:
        raise Failure(unproven(evidence, stays), exit_code=Exit.UNPROVEN, data=evidence)
