"""What a generation is given to remember of the declared file (see `remembered`)."""

from __future__ import annotations

from dataclasses import replace

from ..model.spec import Indexes, Mirrors, Spec
from ..pipconf import redact
from ..targets.records import write_value
from .project import Project
from .remembered import SPEC


def remember_spec(project: Project, number: int, spec: Spec) -> None:
    """Keep beside a generation what running in it needs of the Spec.

    Requirements and indexes are left out: their lines may hold what belongs to nobody else. Of
    the mirrors the one that commands get is kept, without credentials.
    """
    endpoint = spec.mirrors.huggingface
    others = tuple(redact(one) for one in spec.mirrors.fallbacks.get("huggingface", ()))
    mirrors = Mirrors(
        huggingface=redact(endpoint) if endpoint else None,
        fallbacks={"huggingface": others} if others else {},
    )
    targets = {name: replace(target, requirements=()) for name, target in spec.targets.items()}
    kept = replace(
        spec,
        requirements=(),
        constraints=(),
        indexes=Indexes(),
        mirrors=mirrors,
        targets=targets,
        findings=(),
    )
    write_value(project.layout, number, SPEC, kept)
