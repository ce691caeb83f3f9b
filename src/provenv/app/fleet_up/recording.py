"""What home remembers of a generation that lies on hosts: the same files, without the environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from ... import lock as lock_room
from ...model.evidence import Evidence
from ...model.state import Generation
from ...targets.receipts import write_proof
from ...targets.records import LOCK, read_generation, write_generation, write_value
from ..files import keep_text
from ..project import Project
from ..prove import verdict
from ..remembered import FACTS
from ..remembering import remember_spec
from .inputs import with_lock
from .preparing import Prepared


def record(project: Project, prepared: Prepared) -> Generation:
    """Write down a generation before it is made, or again what it is made from; its proof stays as it is."""
    layout, locked, number = project.layout, prepared.lock.lock, prepared.goal
    known = prepared.state.generation(number)
    made = Generation(
        number=number,
        path=str(layout.generation(number)),
        python=locked.python,
        packages={package.name: package.version for package in locked.packages},
        lock=locked.identity,
        lock_file=prepared.lock.path,
        inputs=with_lock(project, prepared.inputs, prepared.lock.path),
        made=known.made if known else datetime.now(timezone.utc).isoformat(timespec="seconds"),
        proof=known.proof if known else "",
    )
    layout.generation(number).mkdir(parents=True, exist_ok=True)
    remember_spec(project, number, prepared.base.spec)
    write_value(layout, number, FACTS, prepared.base.facts)
    if prepared.plan.steps:
        write_value(layout, number, "plan.json", prepared.plan)
    keep_text(layout.generation(number) / LOCK, lock_room.write(locked))
    write_generation(layout, made)
    return made


def record_proof(project: Project, evidence: Evidence) -> Generation:
    """Keep the receipt of all hosts, and how it ended."""
    write_proof(project.layout, evidence)
    generation = replace(read_generation(project.layout, evidence.generation), proof=verdict(evidence))
    write_generation(project.layout, generation)
    return generation
