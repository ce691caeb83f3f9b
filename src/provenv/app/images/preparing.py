"""What `up` decides before an image is built: its lock, its files, its recipe, and why it has to be built."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ... import context as context_room
from ... import lock as lock_room
from ... import pipconf, proof
from ...engines import images
from ...errors import Failure, Text, text
from ...model.codec import to_json
from ...model.engine import Feature
from ...model.image import Base, Context, ImageOptions, Recipe
from ...model.lock import Lock
from ...model.plan import BuildImage, CreateEnvironment, Plan
from ...model.results import LockResult
from ...model.spec import Spec
from ...model.state import State
from ...plan.make import make
from ...render.image import PYTHON, Ingredients, recipe
from ...targets.images import read_image
from ...targets.records import next_number, read_generation, read_state
from ..fingerprint import digest_file
from ..locking import ensure, ground, lock_path, read_lock, targeted
from ..project import Project
from .ground import ImageGround, grounded
from .target import options_of

STALE = ("lock", "base", "options", "variables", "code", "proof")
"""The inputs of an image that a user knows by name, in the order in which they are told."""


@dataclass(frozen=True)
class Prepared:
    """Everything that is decided before an image is built."""

    ground: ImageGround
    lock: LockResult
    context: Context
    recipe: Recipe
    state: State
    plan: Plan
    inputs: Mapping[str, str]


def prepare(project: Project, *, locked: bool, repair: bool = False) -> Prepared:
    """Decide what is to be done, and why; nothing is built, nothing written.

    Raises Failure: what is wrong with the file, the lock, the engine; PV1092: secrets among the files.
    """
    place = grounded(project, ground(project))
    locked_now = ensure(project, place.ground, locked=locked)
    made = locked_now.lock
    context, recipe = recipe_of(project, place, made)
    inputs = inputs_of(project, place.spec, place.options, place.base.reference, made, context)
    state = read_state(project.layout)
    reasons = _reasons(project, place, state, inputs, recipe, repair=repair)
    versions = {package.name: package.version for package in made.packages}
    planned = make(
        made,
        state,
        number=next_number(project.layout),
        python=PYTHON,
        checks=[one.name for one in proof.applicable(versions, place.spec, place.ground.facts)],
        reasons=reasons,
    )
    return Prepared(place, locked_now, context, recipe, state, _as_image(planned, place, context), inputs)


def recipe_of(project: Project, place: ImageGround, locked: Lock) -> tuple[Context, Recipe]:
    """Return the project's files that go in, and all else that the image is built from.

    Raises Failure PV1092 with every secret that is among the files.
    """
    return recipe_with(
        project, place.spec, place.options, place.base, locked, features=place.engine.client.features
    )


def recipe_with(
    project: Project,
    spec: Spec,
    options: ImageOptions,
    base: Base,
    locked: Lock,
    *,
    features: frozenset[Feature],
) -> tuple[Context, Recipe]:
    """Return the same for a builder that understands `features`; no engine is asked. Raises the same."""
    context = context_room.chosen(project.root, spec, options)
    found = context_room.secrets(project.root, context.files)
    if any(one.severity == "error" for one in found):
        raise Failure(*found)
    context = replace(context, findings=(*context.findings, *found))
    sources = lock_room.for_build(
        locked, spec, pip=pipconf.read(project.environment), environment=project.environment
    )
    made = recipe(
        Ingredients(
            spec=spec,
            lock=locked,
            options=options,
            base=base,
            features=features,
            context=context,
            sources=sources,
            uv=locked.uv,
        )
    )
    return context, made


def inputs_of(
    project: Project, spec: Spec, options: ImageOptions, base: str, locked: Lock, context: Context
) -> dict[str, str]:
    """Return the digests by which an image is known to be up to date, by what a user knows them as."""
    files = {f"file:{name}": digest_file(project.root / name) for name in spec.files}
    told = {
        "lock": locked.identity,
        "base": base,
        "options": _digest(to_json(options)),
        "variables": _digest(dict(spec.variables)),
        "code": context.digest,
        "proof": spec.proof_digest,
    }
    return {**files, **told}


def why_stale_image(project: Project, number: int) -> tuple[Text, ...]:
    """Return what is no longer as it was when that generation's image was made; the engine is not asked."""
    then = read_generation(project.layout, number).inputs
    declared = targeted(project, project.spec())
    options = options_of(project, declared)
    locked = read_lock(lock_path(project, None), project.root)
    if options is None or locked is None:
        return (text("image.stale.lock"),)
    choice = locked.choice("base")
    context = context_room.chosen(project.root, declared, options)
    now = inputs_of(project, declared, options, choice.value if choice else "", locked, context)
    if locked.inputs.get("spec") != declared.digest:
        return (text("image.stale.lock"), *_moved(then, now, but="lock"))
    return _moved(then, now)


def _reasons(
    project: Project,
    place: ImageGround,
    state: State,
    inputs: Mapping[str, str],
    recipe: Recipe,
    *,
    repair: bool,
) -> tuple[Text, ...]:
    """Return why there is anything to build; empty where the current image is what would be built."""
    current = state.generation(state.current)
    image = read_image(project.layout, current.number) if current else None
    if current is None or image is None:
        return (text("plan.reason.first"),)
    reasons = [text("plan.reason.repair")] if repair else []
    if current.proof != "passed":
        reasons.append(text("plan.reason.unproven"))
    if image.recipe != recipe.digest:
        reasons += _moved(current.inputs, inputs, but="proof") or (text("image.stale.recipe"),)
    elif images.inspect(place.engine, image.id) is None:
        reasons.append(text("image.stale.gone", reference=image.reference))
    return tuple(reasons)


def _moved(then: Mapping[str, str], now: Mapping[str, str], *, but: str = "") -> tuple[Text, ...]:
    return tuple(
        text(f"image.stale.{name}", old=then.get(name, ""), new=now.get(name, ""))
        for name in STALE
        if name != but and then.get(name, "") != now.get(name, "")
    )


def _as_image(planned: Plan, place: ImageGround, context: Context) -> Plan:
    """Return the plan with the build of an image where one would create an environment."""
    step = BuildImage(place.base.reference, len(context.files), context.size)
    steps = tuple(step if isinstance(one, CreateEnvironment) else one for one in planned.steps)
    return Plan(
        planned.target,
        planned.generation,
        steps,
        planned.reasons,
        planned.download,
        planned.disk,
        planned.unsized,
    )


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
