"""The proof of an image: the same checks, run inside a container of it as its user, with its limits."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timezone

from ... import environ, proof
from ... import facts as facts_room
from ...engines import containers
from ...engines.containers import ContainerHost
from ...engines.engine import Engine
from ...errors import Exit, Failure, Hint, problem, text
from ...model.engine import Starting
from ...model.evidence import Evidence, Outcome
from ...model.facts import Facts
from ...model.image import ImageOptions
from ...model.lock import Lock
from ...model.spec import Spec
from ...render.image import APP, PYTHON
from ...targets.guard import guarded
from ...targets.images import read_image
from ...targets.receipts import read_proof
from ...targets.records import LOCK, read_generation, read_state
from ..locking import read_lock
from ..project import Project
from ..prove import checked, declared_then, keep_receipt, unproven
from .ground import ImageGround, grounded


def prove_current(
    project: Project, *, only: Sequence[str] = (), quick: bool = False, wait: bool = True
) -> Evidence:
    """Prove the current generation's image again (see app.prove.prove).

    Raises Failure as there, and PV1001 where the image is gone from the engine.
    """
    with guarded(project.layout, wait=wait, progress=project.progress):
        ground = grounded(project)
        number = read_state(project.layout).current
        if number is None:
            raise Failure(problem("PV721", target=project.target, hints=(Hint(None, _up(project)),)))
        locked = read_lock(project.layout.generation(number) / LOCK, project.root)
        image = read_image(project.layout, number)
        if locked is None or image is None:
            raise Failure(problem("PV722", number=number, hints=(Hint(None, f"{_up(project)} --repair"),)))
        generation = read_generation(project.layout, number)
        own = declared_then(project, ground.spec, locked, generation)
        if own is not None and own is not ground.spec:
            project.progress.note(text("app.prove.older", number=number))
            ground = replace(ground, ground=replace(ground.ground, spec=own))
        evidence = prove_image(project, ground, locked, image.id, number, only=only, quick=quick)
        if not only and not quick:
            keep_receipt(project, generation, evidence, known=own is not None)
    if not evidence.passed:
        raise Failure(unproven(evidence, number), exit_code=Exit.UNPROVEN, data=evidence)
    return evidence


def prove_image(
    project: Project,
    ground: ImageGround,
    locked: Lock,
    image: str,
    number: int,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    settled: Evidence | None = None,
) -> Evidence:
    """Run the checks inside a container of `image` and return what they leave; nothing is written.

    `settled` is the proof of an image that differs in the project's code alone: what it says of
    everything but the user's own commands is carried over, since that is the same bytes.
    """
    started, began = datetime.now(timezone.utc), time.monotonic()
    with container(project, ground.spec, ground.options, ground.engine, image) as host:
        facts = facts_room.gather(host, PYTHON, project=APP, cache="/tmp", temporary="/tmp")  # noqa: S108
        versions = {package.name: package.version for package in locked.packages}
        checks = proof.applicable(versions, ground.spec, facts)
        taken = checked(checks, only=only, quick=quick)
        carried = _carried(settled, [one.name for one in taken if one.group != "command"], facts)
        run = [one for one in taken if one.name not in carried]
        outcomes = proof.run(
            host,
            PYTHON,
            run,
            environment=_variables(facts),
            folder=APP,
            progress=project.progress,
            at_once=proof.at_once(facts),
        )
    found = {**carried, **{one.name: one for one in outcomes}}
    evidence = proof.evidence(
        project.target,
        number,
        tuple(found[one.name] for one in taken),
        digests={
            "declared": ground.spec.digest,
            "lock": locked.identity,
            "facts": facts_room.digest(facts),
            "image": image,
        },
        started=started.isoformat(timespec="seconds"),
        seconds=time.monotonic() - began,
        left_out=[check.name for check in checks if check not in taken] if quick else (),
    )
    return replace(
        evidence, carried=tuple(carried), carried_from=settled.generation if carried and settled else 0
    )


def container(
    project: Project, spec: Spec, options: ImageOptions, engine: Engine, image: str
) -> AbstractContextManager[ContainerHost]:
    """Start a container of an image as its commands will run: its user, its limits, its variables."""
    passed = {name: project.environment[name] for name in spec.passed if name in project.environment}
    starting = Starting(
        image=image,
        environment=passed,
        limits=options.limits,
        network=options.network,
        platform=options.platform,
        labels={"dev.provenv.project": spec.name, "dev.provenv.target": project.target},
    )
    return containers.started(engine, starting)


def settled_proof(project: Project, below: str) -> Evidence | None:
    """Return the proof of the newest proven image that has the same layers below the project's code."""
    for one in reversed(read_state(project.layout).generations):
        image = read_image(project.layout, one.number)
        if one.proof == "passed" and image is not None and image.below == below:
            return read_proof(project.layout, one.number)
    return None


def _carried(settled: Evidence | None, names: Sequence[str], facts: Facts) -> Mapping[str, Outcome]:
    """Return the outcomes that hold for this image too: of the same bytes on the same machine."""
    if settled is None or settled.digests.get("facts") != facts_room.digest(facts):
        return {}
    known = {one.name: one for one in settled.outcomes if one.status != "failed"}
    return {name: known[name] for name in names if name in known}


def _variables(facts: Facts) -> dict[str, str]:
    """Return what the checks get beside the image's own variables: threads for the cores that are granted."""
    count = str(max(1, int(facts.cpu.granted or os.cpu_count() or 1)))
    return {one.name: count for one in environ.THREADS}


def _up(project: Project) -> str:
    return f"provenv up --on {project.target}"
