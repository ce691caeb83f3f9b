"""`pull`: an image from a registry, held against the project's lock, proven here, and switched to."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ... import context as context_room
from ... import lock as lock_room
from ...engines import images, registry
from ...engines.engine import Engine
from ...errors import Exit, Failure, Hint, problem, text
from ...lazy import load
from ...model.engine import Inspected
from ...model.evidence import Evidence
from ...model.facts import Facts, Platform
from ...model.image import Base, Image, ImageOptions, Pushed, repository_of
from ...model.lock import Lock
from ...model.results import PullResult
from ...model.spec import Spec
from ...model.state import Generation, State
from ...render.image import PYTHON
from ...spec.references import REFERENCE
from ...targets.guard import guarded
from ...targets.images import read_image, write_image
from ...targets.receipts import read_proof, write_proof
from ...targets.records import LOCK, next_number, read_state, write_generation
from ...targets.remove import remove_generations
from ...targets.venv import make_current
from ..clean import unproven_numbers
from ..files import keep_text
from ..folder import usable
from ..locking import lock_path, read_lock, targeted
from ..project import Project
from ..prove import unproven
from ..remembering import remember_spec
from .ground import SUBJECT, Grounded, ImageGround
from .keep import forget, name
from .preparing import inputs_of, prepare
from .prove import prove_image
from .push import names_registry, no_image
from .target import image_target, options_of

LABELS = "dev.provenv."
"""How the names begin of the labels that tell what an image was made from."""


@dataclass(frozen=True)
class Wanted:
    """What an image is to fit: the declared file as the target sees it, its lock; the engine that gets it."""

    spec: Spec
    options: ImageOptions
    engine: Engine
    lock: Lock


def pull(project: Project, reference: str = "", *, any_: bool = False, wait: bool = True) -> PullResult:
    """Bring an image from its registry, prove it inside and switch to it; return the generation that it is.

    Without `reference` it is what the current generation was pushed as last, else what the files say now,
    from the target's repository. An image that was made from another lock is refused unless `any_`.
    The old generation stays where anything fails.

    Raises Failure: PV1108 where the target is no image, PV1109 for a name that is none, PV1110 and PV1111 for
    an image that does not fit, PV1112 without a lock, PV1113 where nothing says which; what the registry
    or the engine said; with exit code 3 and the Evidence where the proof failed.
    """
    try:
        return _pull(project, reference, any_=any_, wait=wait)
    except Failure as failure:
        raise load("app.answered")(failure, project) from failure


def _pull(project: Project, reference: str, *, any_: bool, wait: bool) -> PullResult:
    began = time.monotonic()
    usable(project.root)
    with guarded(project.layout, wait=wait, progress=project.progress):
        wanted = _wanted(project)
        state = read_state(project.layout)
        forget(project, wanted.engine, unproven_numbers(state))
        reference = _reference(project, wanted, state, reference)
        before = images.inspect(wanted.engine, reference)
        inspected = registry.pull(wanted.engine, reference, project.progress, wanted.options.platform)
        known = before is not None and before.id == inspected.id
        try:
            if not any_:
                _must_fit(project, wanted, reference, inspected)
            image = _image(wanted, reference, inspected)
            twin = _twin(project, state, image)
            if twin is not None:
                return _switch(project, wanted, state, twin, image, reference, began)
            return _carry_out(project, wanted, state, image, inspected, reference, began)
        except (Failure, KeyboardInterrupt, OSError, MemoryError, RuntimeError):
            if not known:
                with suppress(Failure, OSError):
                    _take_back(wanted.engine, reference, inspected)
            raise


def _wanted(project: Project) -> Wanted:
    spec = targeted(project, project.spec())
    options = options_of(project, spec)
    if options is None:
        raise no_image(project, "pull")
    locked = read_lock(lock_path(project, None), project.root)
    if locked is None:
        hints = (Hint(None, f"provenv lock --on {project.target}"),)
        raise Failure(problem("PV1112", path=lock_room.filename(project.target), hints=hints))
    return Wanted(spec, options, image_target(project, options).engine, locked)


def _reference(project: Project, wanted: Wanted, state: State, said: str) -> str:
    """Return what is to be pulled. Raises Failure PV1109, PV1113."""
    if said:
        if re.fullmatch(REFERENCE, said) is None:
            raise Failure(problem("PV1109", reference=said), exit_code=Exit.USAGE)
        return said
    image = read_image(project.layout, state.current) if state.current is not None else None
    if image is not None and image.pushed:
        return image.pushed[-1].pinned
    if not names_registry(wanted.options.repository):
        hints = (
            Hint(text("PV1113.hint", target=project.target, repository=wanted.options.repository)),
            Hint(text("PV1105.hint_file", target=project.target, repository=wanted.options.repository)),
        )
        raise Failure(problem("PV1113", repository=wanted.options.repository, hints=hints))
    return f"{wanted.options.repository}:{prepare(project, locked=True).recipe.digest[:12]}"


def _must_fit(project: Project, wanted: Wanted, reference: str, inspected: Inspected) -> None:
    """Hold an image's labels against the project. Raises Failure PV1110 for another lock, PV1111 for none."""
    told = labels(inspected)
    again = Hint(text("PV1110.hint_any"), f"provenv pull --on {project.target} {reference} --any")
    if "lock" not in told:
        raise Failure(problem("PV1111", reference=reference, hints=(again,)))
    if told["lock"] != identity(wanted.lock):
        path = lock_room.filename(project.target)
        raise Failure(
            problem(
                "PV1110",
                reference=reference,
                path=path,
                why=text("PV1110.why", path=path, theirs=told["lock"], ours=identity(wanted.lock)),
                hints=(Hint(text("PV1110.hint", path=path)), again),
            )
        )


def identity(locked: Lock) -> str:
    """Return a lock's digest without the name of its algorithm."""
    return locked.identity.removeprefix("sha256:")


def labels(inspected: Inspected) -> Mapping[str, str]:
    """Return what an image says that it was made from, by the names of its labels without their beginning."""
    return {
        key.removeprefix(LABELS): value.removeprefix("sha256:") if key != f"{LABELS}base" else value
        for key, value in inspected.labels.items()
        if key.startswith(LABELS)
    }


def _image(wanted: Wanted, reference: str, inspected: Inspected) -> Image:
    told = labels(inspected)
    recipe = told.get("recipe", "")
    tag = recipe or reference.partition("@")[0].rpartition(":")[2]
    if "/" in tag or not tag or tag == reference:
        tag = inspected.id.removeprefix("sha256:")
    digest = reference.partition("@")[2] or _digest(reference, inspected)
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Image(
        id=inspected.id,
        reference=f"{wanted.options.repository}:{tag[:12]}",
        engine=wanted.engine.client.kind,
        base=_base_of(wanted.lock) if told.get("lock") == identity(wanted.lock) else told.get("base", ""),
        recipe=recipe,
        below=told.get("below", ""),
        size=inspected.size,
        layers=images.history(wanted.engine, inspected.id),
        pushed=(Pushed(reference.partition("@")[0], digest, at),) if digest else (),
    )


def _digest(reference: str, inspected: Inspected) -> str:
    """Return the registry's digest of what a name means."""
    repository = repository_of(reference)
    found = [one for one in inspected.digests if repository_of(one) == repository] or list(inspected.digests)
    return found[0].partition("@")[2] if found else ""


def _twin(project: Project, state: State, image: Image) -> Generation | None:
    """Return the newest proven generation whose image is the same bytes."""
    for one in reversed(state.generations):
        known = read_image(project.layout, one.number)
        if known is not None and known.id == image.id and one.proof == "passed":
            return one
    return None


def _switch(
    project: Project,
    wanted: Wanted,
    state: State,
    twin: Generation,
    pulled: Image,
    reference: str,
    began: float,
) -> PullResult:
    """Make the generation current that has this image; its receipt holds, since it is the same bytes."""
    image = read_image(project.layout, twin.number) or pulled
    names = {one.reference for one in pulled.pushed}
    others = tuple(one for one in image.pushed if one.reference not in names)
    image = replace(image, pushed=(*others, *pulled.pushed))
    write_image(project.layout, twin.number, image)
    name(wanted.engine, image)
    make_current(project.layout, twin.number)
    same, seconds = twin.number == state.current, time.monotonic() - began
    evidence = None if same else read_proof(project.layout, twin.number)
    return PullResult(project.target, same, twin, image, reference, evidence, seconds)


def _carry_out(
    project: Project,
    wanted: Wanted,
    state: State,
    image: Image,
    inspected: Inspected,
    reference: str,
    began: float,
) -> PullResult:
    layout, number = project.layout, next_number(project.layout)
    try:
        generation = _record(project, wanted, number, image, labels(inspected))
        evidence = _prove(project, wanted, image, number, labels(inspected))
        write_proof(layout, evidence)
        if not evidence.passed:
            raise Failure(unproven(evidence, state.current), exit_code=Exit.UNPROVEN, data=evidence)
    except (Failure, KeyboardInterrupt, OSError, MemoryError, RuntimeError):
        with suppress(OSError):
            remove_generations(layout, [number])
        raise
    generation = replace(generation, proof="passed")
    write_generation(layout, generation)
    name(wanted.engine, image)
    make_current(layout, number)
    seconds = time.monotonic() - began
    return PullResult(project.target, False, generation, image, reference, evidence, seconds)


def _record(
    project: Project, wanted: Wanted, number: int, image: Image, told: Mapping[str, str]
) -> Generation:
    """Write what makes a folder a generation; its inputs are what the image says of itself."""
    layout, locked = project.layout, wanted.lock
    context = context_room.chosen(project.root, wanted.spec, wanted.options)
    inputs = inputs_of(project, wanted.spec, wanted.options, _base_of(locked), locked, context)
    same = told.get("lock") == identity(locked)
    generation = Generation(
        number=number,
        path=str(layout.generation(number)),
        python=PYTHON,
        packages={package.name: package.version for package in locked.packages} if same else {},
        lock=locked.identity if same else told.get("lock", ""),
        lock_file=lock_room.filename(project.target),
        inputs={**inputs, "code": told.get("code", ""), **({} if same else {"lock": told.get("lock", "")})},
        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    layout.generation(number).mkdir(parents=True, exist_ok=True)
    remember_spec(project, number, wanted.spec)
    keep_text(layout.generation(number) / LOCK, lock_room.write(locked))
    write_image(layout, number, image)
    write_generation(layout, generation)
    return generation


def _prove(project: Project, wanted: Wanted, image: Image, number: int, told: Mapping[str, str]) -> Evidence:
    """Prove an image whose base need not be here: the checks run inside of the image alone."""
    # nothing of these facts counts: those that decide are read inside
    system, _, machine = wanted.engine.client.platform.partition("/")
    facts = Facts(Platform(system, machine))
    base = Base(wanted.options.base, _base_of(wanted.lock), "", facts)
    ground = Grounded(
        wanted.spec, base.facts, foreign=True, options=wanted.options, engine=wanted.engine, base=base
    )
    place = ImageGround(ground, wanted.options, wanted.engine, base)
    evidence = prove_image(project, place, wanted.lock, image.id, number)
    if told.get("lock") == identity(wanted.lock):
        return evidence
    return replace(evidence, digests={**evidence.digests, "lock": told.get("lock", "")})


def _base_of(locked: Lock) -> str:
    choice = locked.choice(SUBJECT)
    return choice.value if choice else ""


def _take_back(engine: Engine, reference: str, inspected: Inspected) -> None:
    """Remove what was pulled for nothing: its name, and the image where it has no other."""
    found = images.inspect(engine, inspected.id)
    if found is None:
        return
    if reference in found.tags:
        images.remove(engine, reference)
    elif not found.tags:
        images.remove(engine, found.id)
