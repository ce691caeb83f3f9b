"""What an image is locked for and stands on: its base, by digest, and the facts that were read inside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast, get_args

from ... import facts as facts_room
from ...engines import containers, images, registry
from ...engines.engine import Engine
from ...errors import Failure, problem, text
from ...lock.platforms import choose_python
from ...model.channel import Host
from ...model.engine import Inspected, Starting
from ...model.facts import Facts
from ...model.image import Base, ImageOptions, Limits, Manager, repository_of
from ...model.lock import Choice
from ...model.spec import Spec
from ...system.managers import manager_of
from ...targets.guard import make_base
from ...targets.records import read_json, write_json
from ..locking import Ground, lock_path, read_lock, targeted
from ..project import Project
from .target import image_target, options_of

SUBJECT = "base"
"""What a lock calls the choice of the base image."""


@dataclass(frozen=True)
class Grounded(Ground):
    """A Ground whose place is an image: what it says, its engine, its base."""

    options: ImageOptions | None = None
    engine: Engine | None = None
    base: Base | None = None


@dataclass(frozen=True)
class ImageGround:
    """The same with nothing missing: what every image use case begins with."""

    ground: Grounded
    options: ImageOptions
    engine: Engine
    base: Base

    @property
    def spec(self) -> Spec:
        """Return the declared file as the target sees it."""
        return self.ground.spec


def image_ground(
    project: Project, declared: Spec, told: Facts | None = None, *, repin: bool = False
) -> Grounded:
    """Return what the project's image is locked for.

    `declared` is the file as the target sees it. The base is the one that the lock has pinned, as long as
    the file names the same; with `repin` the registry is asked what its name means now. Facts are
    read inside a container of it; those of `told`, which were read on another machine, count instead,
    but for what the base itself decides: its C library and its Pythons.
    Raises Failure: no engine (see engines.find), no such base (see engines.registry).
    """
    options = options_of(project, declared)
    if options is None:
        raise Failure(problem("PV1000", target=project.target))
    target = image_target(project, options)
    base, engine = _base(project, declared, options, target.engine, repin=repin), target.engine
    facts = base.facts
    if told is not None:
        facts = replace(told, platform=base.facts.platform, pythons=base.facts.pythons, pip=base.facts.pip)
    choice = Choice(SUBJECT, base.reference, text("image.base.chosen", declared=options.base))
    return Grounded(
        declared, facts, foreign=True, choices=(choice,), options=options, engine=engine, base=base
    )


def grounded(project: Project, ground: Ground | None = None) -> ImageGround:
    """Return the image target's ground, whole. Raises Failure PV1000 where the target is no image."""
    found = ground or image_ground(project, targeted(project, project.spec()))
    if not (isinstance(found, Grounded) and found.options and found.engine and found.base):
        raise Failure(problem("PV1000", target=project.target))
    return ImageGround(found, found.options, found.engine, found.base)


def known_base(project: Project, options: ImageOptions) -> Base | None:
    """Return the base that the target's lock pinned as it was seen last; None where it never was here.

    No engine is asked: what a base consists of does not change under its digest.
    """
    pinned = _pinned(project, options)
    return _read(project, pinned, options) if pinned else None


def _base(project: Project, declared: Spec, options: ImageOptions, engine: Engine, *, repin: bool) -> Base:
    reference = declared.mirrors.image_of(options.base)
    pinned = None if repin else _pinned(project, options)
    known = _remembered(project, pinned, options) if pinned else None
    if known is not None and known.digest:
        return known
    inspected = None if repin else images.inspect(engine, pinned or reference)
    if known is not None and inspected is not None and inspected.id == known.id:
        # a name without a digest may mean another image by now
        return known
    if inspected is None or not _serves(inspected, options):
        inspected = registry.pull(engine, pinned or reference, project.progress, options.platform)
    pinned = _with_digest(reference, inspected)
    task = project.progress.task(text("image.base.reading", reference=pinned))
    facts, pip = _looked_into(declared, options, engine, inspected.id)
    manager = manager_of(facts)
    python = choose_python(declared.python, facts, foreign=False).path
    base = Base(
        declared=options.base,
        reference=pinned,
        id=inspected.id,
        facts=facts,
        digest=pinned.partition("@")[2],
        platform=inspected.platform,
        python=python or "",
        pip=python in pip,
        manager=cast(Manager, manager.name) if manager and manager.name in get_args(Manager) else "",
        size=inspected.size,
    )
    task.finish(text("image.base.read", reference=pinned, system=facts.platform.distribution_name))
    _remember(project, base, options)
    return base


def _pinned(project: Project, options: ImageOptions) -> str | None:
    """Return the base that the target's lock names, if the declared file still says the same."""
    locked = read_lock(lock_path(project, None), project.root)
    choice = locked.choice(SUBJECT) if locked else None
    return choice.value if choice and choice.why.args.get("declared") == options.base else None


def _with_digest(reference: str, inspected: Inspected) -> str:
    """Return the reference by the registry's digest; as it is where the image never came from a registry."""
    names = {repository_of(reference), _whole(repository_of(reference))}
    for one in inspected.digests:
        if repository_of(one) in names or _whole(repository_of(one)) in names:
            return f"{repository_of(reference)}@{one.partition('@')[2]}"
    return reference


def _whole(repository: str) -> str:
    """Return a repository's name in full: of the public hub where it names no registry."""
    first, slash, _ = repository.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return repository
    return f"docker.io/{repository if slash else f'library/{repository}'}"


def _serves(inspected: Inspected, options: ImageOptions) -> bool:
    return not options.platform or inspected.platform == options.platform


def _looked_into(
    declared: Spec, options: ImageOptions, engine: Engine, image: str
) -> tuple[Facts, frozenset[str]]:
    """Return the facts of a container of the image, and the paths of its Pythons that have pip and venv."""
    starting = Starting(
        image=image, limits=Limits(gpus=options.limits.gpus), network="none", platform=options.platform
    )
    with containers.started(engine, starting) as host:
        facts = facts_room.gather(host, "python3", project="/", cache="/root", temporary="/tmp")  # noqa: S108
        with_pip = [one.path for one in facts.pythons if _has_pip(host, one.path)]
    return facts, frozenset(with_pip)


def _has_pip(host: Host, python: str) -> bool:
    return host.exec([python, "-c", "import ensurepip, pip, venv"], limit=30).code == 0


def _remembered(project: Project, reference: str, options: ImageOptions) -> Base | None:
    """Return what was read of that base before; nothing of one that sees GPUs: drivers change."""
    return None if options.limits.gpus else _read(project, reference, options)


def _read(project: Project, reference: str, options: ImageOptions) -> Base | None:
    path = _place(project, reference, options)
    if not path.is_file():
        return None
    base = read_json(Base, path)
    return base if (base.declared, base.reference) == (options.base, reference) else None


def _remember(project: Project, base: Base, options: ImageOptions) -> None:
    make_base(project.layout)
    path = _place(project, base.reference, options)
    path.parent.mkdir(exist_ok=True)
    write_json(path, base)


def _place(project: Project, reference: str, options: ImageOptions) -> Path:
    name = hashlib.sha256(f"{reference} {options.platform}".encode()).hexdigest()[:16]
    return project.layout.base / "bases" / f"{name}.json"
