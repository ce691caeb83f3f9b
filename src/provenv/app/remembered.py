"""What a generation remembers of the file and the machine that it was made from.

Reading the declared file costs a tenth of a second; where not a byte of it
changed since, the Spec that was kept beside the generation is the same.
"""

from __future__ import annotations

import os

from ..model.spec import Spec
from ..model.state import Generation
from ..pip_sources import HIDDEN
from ..targets.records import read_data, read_value
from .fingerprint import digest_file
from .project import Project

SPEC = "spec.json"
FACTS = "facts.json"


def remembered_spec(project: Project, generation: Generation) -> Spec:
    """Return what running needs of the Spec: the remembered one while the files are the same, else anew."""
    same = same_files(project, generation)
    kept = read_value(project.layout, generation.number, SPEC, Spec) if same else None
    hidden = kept is not None and HIDDEN in f"{kept.mirrors} {kept.data}"
    if kept is not None and kept.root == str(project.root) and not hidden:
        return kept
    return project.spec()


def same_files(project: Project, generation: Generation) -> bool:
    """Tell whether no byte of the declared files has changed since a generation was made."""
    files = {
        key.removeprefix("file:"): digest
        for key, digest in generation.inputs.items()
        if key.startswith("file:")
    }
    return bool(files) and all(digest_file(project.root / name) == digest for name, digest in files.items())


def granted_cores(project: Project, number: int) -> float:
    """Return how many cores commands may use: what was granted then, or this process's affinity if less."""
    # of all the facts one figure is wanted, so the rest is not made into values
    facts = read_data(project.layout, number, FACTS)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cpu = facts.get("cpu") if isinstance(facts, dict) else None
    granted = cpu.get("granted") if isinstance(cpu, dict) else None
    if not isinstance(granted, (int, float)) or granted <= 0:
        return float(usable)
    return min(float(granted), float(usable))
