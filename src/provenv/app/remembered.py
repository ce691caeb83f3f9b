"""What a generation remembers of the file and the machine that it was made from.

Reading the declared file costs a tenth of a second; where not a byte of it
changed since, the Spec that was kept beside the generation is the same.
"""

from __future__ import annotations

import os
from dataclasses import replace

from ..model.facts import Facts
from ..model.spec import Indexes, Mirrors, Spec
from ..model.state import Generation
from ..pipconf import HIDDEN, redact
from ..targets.records import read_value, write_value
from .fingerprint import digest_file
from .project import Project

SPEC = "spec.json"
FACTS = "facts.json"


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
    kept = replace(spec, requirements=(), constraints=(), indexes=Indexes(), mirrors=mirrors, findings=())
    write_value(project.layout, number, SPEC, kept)


def remembered_spec(project: Project, generation: Generation) -> Spec:
    """Return what running needs of the Spec: the remembered one while the files are the same, else anew."""
    files = {
        key.removeprefix("file:"): digest
        for key, digest in generation.inputs.items()
        if key.startswith("file:")
    }
    same = files and all(digest_file(project.root / name) == digest for name, digest in files.items())
    kept = read_value(project.layout, generation.number, SPEC, Spec) if same else None
    hidden = kept is not None and HIDDEN in str(kept.mirrors)
    if kept is not None and kept.root == str(project.root) and not hidden:
        return kept
    return project.spec()


def granted_cores(project: Project, number: int) -> float:
    """Return how many cores commands may use: what was granted then, or this process's affinity if less."""
    facts = read_value(project.layout, number, FACTS, Facts)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    granted = facts.cpu.granted if facts else 0.0
    return min(granted, float(usable)) if granted else float(usable)
