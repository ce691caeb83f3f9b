"""`rollback`, `gc` and `down` of image targets: the switch with its tags, and images that nobody needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast, get_args

from ...engines import cache, containers, images
from ...engines.engine import Engine
from ...engines.find import find
from ...engines.stock import Stock, users
from ...errors import Failure, Hint, problem, text
from ...model.engine import Inspected
from ...model.image import EngineName, Image, repository_of
from ...model.results import Cleaned, CleanedImage, Rollback
from ...model.spec import Spec
from ...model.state import State
from ...targets.images import read_image
from ...targets.lease import leased
from ...targets.records import read_state, read_value
from ...targets.remove import remove_generations
from ...targets.venv import forget_target, make_current
from ..project import Project
from ..remembered import SPEC
from .target import options_of

MOVING = "latest"
"""The tag that follows what is current."""
TARGET = "dev.provenv.target"
PROJECT = "dev.provenv.project"


def rollback(project: Project, state: State, goal: int) -> Rollback:
    """Switch to generation `goal`, whose image has to be in the engine still; its names follow.

    The caller holds the target's guard. Raises Failure PV1107 where the image is gone.
    """
    image = read_image(project.layout, goal)
    assert image is not None, "the caller found it"
    engine = engine_of(project, image)
    if images.inspect(engine, image.id) is None:
        raise gone(project, goal, image)
    # first the names: killed before the switch, the same command does the same again
    tags = name(engine, image)
    make_current(project.layout, goal)
    return Rollback(project.target, state.current or 0, goal, tags=tags)


def gc(project: Project, numbers: Sequence[int], kept: Sequence[int], *, build_cache: bool) -> Cleaned:
    """Remove generations with their images, and what failed proofs and killed commands left in the engine.

    The caller holds the target's guard; it says which generations go. `build_cache` empties the engine's
    build cache as well, which other projects use too. Raises Failure where no engine answers.
    """
    engine = engine_of(project, *_images(project))
    cleaned = forget(project, engine, numbers, kept)
    cleaned = replace(cleaned, containers=containers.sweep(engine))
    left = _left_over(project, engine, cleaned)
    cleaned = replace(
        cleaned,
        images=(*cleaned.images, *left),
        bytes=cleaned.bytes + sum(one.bytes for one in left),
    )
    holds = cache.use(engine)
    if not build_cache:
        return replace(cleaned, cache=holds.size)
    task = project.progress.task(text("images.pruning", size_bytes=holds.size))
    pruned = cache.prune(engine)
    task.finish(text("images.pruned", size_bytes=pruned))
    return replace(cleaned, cache=cache.use(engine).size, pruned=pruned)


def down(project: Project, state: State) -> Cleaned:
    """Remove the target whole: the switch, every generation, its images and all our names for them.

    The caller holds the target's guard and knows that no command runs. Raises Failure PV1117, before anything
    is removed, where containers stand on its images; and where no engine answers.
    """
    engine = engine_of(project, *_images(project))
    swept = containers.sweep(engine)
    using = dict.fromkeys(user for one in _images(project) for user in users(engine, one.id))
    if using:
        command = f"{engine.client.kind} rm --force {' '.join(using)}"
        raise Failure(
            problem(
                "PV1117",
                target=project.target,
                names=", ".join(f"`{one}`" for one in using),
                n=len(using),
                hints=(Hint(text("PV1117.hint"), command),),
            )
        )
    # killed after this, nothing is current whose image is gone
    forget_target(project.layout)
    cleaned = forget(project, engine, [one.number for one in state.generations])
    cleaned = replace(cleaned, containers=swept)
    left = _left_over(project, engine, cleaned)
    freed = cleaned.bytes + sum(one.bytes for one in left)
    return replace(cleaned, images=(*cleaned.images, *left), bytes=freed)


def forget(project: Project, engine: Engine, numbers: Iterable[int], kept: Iterable[int] = ()) -> Cleaned:
    """Remove generations and their images, those apart that a running command or another generation uses.

    An image that a container stands on stays with its generation; one that the user gave a name of their
    own stays without it. Each image goes before its generation's record: killed between the two, the next
    `gc` goes on. The caller holds the guard.
    """
    layout, asked = project.layout, list(numbers)
    wanted = [number for number in asked if not leased(layout.generation(number))]
    held = [number for number in asked if number not in wanted]
    shared = {
        image.id
        for one in read_state(layout).generations
        if one.number not in wanted and (image := read_image(layout, one.number)) is not None
    }
    found: list[CleanedImage] = []
    stock = Stock(engine) if wanted else None
    for number in list(wanted):
        image = read_image(layout, number)
        if image is None or stock is None or image.id in shared:
            continue
        cleaned = _remove(project, engine, stock, image, number)
        if cleaned is None:
            continue
        found.append(cleaned)
        if cleaned.users and users(engine, image.id):
            wanted.remove(number)
            held.append(number)
    cleaned_ = remove_generations(layout, wanted, kept)
    return replace(
        cleaned_,
        held=tuple(sorted({*cleaned_.held, *held})),
        bytes=cleaned_.bytes + sum(one.bytes for one in found),
        images=tuple(found),
    )


def name(engine: Engine, image: Image) -> tuple[str, ...]:
    """Give an image its own name and the one that follows what is current; return both. Raises Failure."""
    moving = moving_tag(image)
    for reference in (image.reference, moving):
        images.tag(engine, image.id, reference)
    return image.reference, moving


def moving_tag(image: Image) -> str:
    """Return the name that follows what is current."""
    return f"{repository_of(image.reference)}:{MOVING}"


def engine_of(project: Project, *known: Image) -> Engine:
    """Return the engine of a target: the declared one, else the one that built its newest image.

    The declared file may be broken by now, or not name the target any more. Raises Failure: none answers.
    """
    declared: EngineName = "auto"
    try:
        options = options_of(project, project.spec())
    except Failure:
        options = None
    if options is not None:
        declared = options.engine
    if declared == "auto" and known and known[-1].engine in get_args(EngineName):
        declared = cast(EngineName, known[-1].engine)
    return find(project.host, declared, project.environment)


def gone(project: Project, number: int, image: Image) -> Failure:
    """Return the failure of a generation whose image is not in the engine any more."""
    on = project.target
    hints = tuple(
        Hint(text("PV1107.hint_pull"), f"provenv pull --on {on} {one.pinned}") for one in image.pushed[-1:]
    )
    return Failure(
        problem(
            "PV1107",
            number=number,
            reference=image.reference,
            hints=(*hints, Hint(text("PV1107.hint_up"), f"provenv up --on {on}")),
        )
    )


def _images(project: Project) -> tuple[Image, ...]:
    found = (read_image(project.layout, one.number) for one in read_state(project.layout).generations)
    return tuple(one for one in found if one is not None)


def _remove(project: Project, engine: Engine, stock: Stock, image: Image, number: int) -> CleanedImage | None:
    """Remove an image that nobody else needs, else our names for it; None where it is gone already."""
    inspected = images.inspect(engine, image.id)
    if inspected is None:
        return None
    ours = [one for one in inspected.tags if _is_ours(one, image)]
    theirs = tuple(one for one in inspected.tags if one not in ours)
    using = users(engine, image.id)
    if using:
        return CleanedImage(image.reference, image.id, number, users=(*using, *theirs))
    freed = 0 if theirs else stock.take(image.id)
    try:
        # the image goes with its last name
        for reference in ours or ([] if theirs else [image.id]):
            images.remove(engine, reference)
    except Failure as failure:
        # a container was started meanwhile
        project.progress.warn(replace(failure.problems[0], severity="warning"))
        return CleanedImage(image.reference, image.id, number, users=users(engine, image.id) or ("?",))
    return CleanedImage(image.reference, image.id, number, freed, theirs)


def _is_ours(tag: str, image: Image) -> bool:
    """Tell whether we gave an image this name: that of what went in, wherever pushed to, or the moving."""
    known = {image.reference, moving_tag(image), *(one.reference for one in image.pushed)}
    short = tag.removeprefix("localhost/")  # podman's own, for a name without a registry
    return not known.isdisjoint({tag, short}) or tag.rpartition(":")[2] == image.reference.rpartition(":")[2]


def _left_over(project: Project, engine: Engine, cleaned: Cleaned) -> tuple[CleanedImage, ...]:
    """Remove the nameless images of this target that no generation knows: of failed proofs, killed builds."""
    known = {one.id for one in _images(project)} | {one.id for one in cleaned.images}
    stock, found = Stock(engine), []
    for one in images.listed(engine, f"{TARGET}={project.target}"):
        if one.tags or one.id in known or not _is_of(project, one) or users(engine, one.id):
            continue
        freed = stock.take(one.id)
        try:
            images.remove(engine, one.id)
        except Failure as failure:
            project.progress.warn(replace(failure.problems[0], severity="warning"))
            continue
        found.append(CleanedImage(one.id.removeprefix("sha256:")[:12], one.id, bytes=freed))
    return tuple(found)


def _is_of(project: Project, inspected: Inspected) -> bool:
    """Tell whether an image was made for this project, by the name that it was built under."""
    state = read_state(project.layout)
    names = {
        spec.name
        for one in state.generations
        if (spec := read_value(project.layout, one.number, SPEC, Spec)) is not None
    }
    with suppress(Failure):
        names.add(project.spec().name)
    return inspected.labels.get(PROJECT) in names
