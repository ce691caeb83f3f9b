"""What looks outside have to know of the project: its declared file, the names of its packages."""

from __future__ import annotations

from dataclasses import dataclass

from ... import lock as lock_room
from ...errors import Failure
from ...model.lock import Lock
from ...model.spec import Spec, Target
from ...model.state import Generation
from ...targets.records import current_number, read_generation
from ..project import Project

HUGGINGFACE = frozenset(
    (
        *(
            "huggingface-hub",
            "transformers",
            "datasets",
            "diffusers",
        ),
        *(
            "sentence-transformers",
            "vllm",
            "accelerate",
            "peft",
        ),
        *("tokenizers",),
    )
)


@dataclass(frozen=True)
class Known:
    """`names` are those of the locked packages (normalised), of the declared ones where nothing is locked."""

    spec: Spec | None = None
    lock: Lock | None = None
    generation: Generation | None = None
    names: frozenset[str] = frozenset()

    @property
    def hub(self) -> bool:
        """Tell whether models come from a hub here."""
        return bool(self.names & HUGGINGFACE)

    def targets(self, *kinds: str) -> tuple[Target, ...]:
        """Return the declared targets of these kinds."""
        return tuple(one for one in self.spec.targets.values() if one.kind in kinds) if self.spec else ()


def known(project: Project) -> Known:
    """Return what is known of the project, read once; what has mistakes in it is told by others."""
    return project.once(f"known {project.target}", lambda: _read(project))


def _read(project: Project) -> Known:
    declared = spec_of(project)
    locked = _lock(project)
    generation = generation_of(project)
    names = {one.name for one in locked.packages} if locked else set()
    names = names or set(generation.packages if generation else ())
    if not names and declared is not None:
        names = {one.name for one in declared.requirements if one.name}
    return Known(declared, locked, generation, frozenset(names))


def spec_of(project: Project) -> Spec | None:
    """Return the declared file, None where there is none or it has mistakes."""
    try:
        return project.once("spec", project.spec)
    except Failure:
        return None


def generation_of(project: Project) -> Generation | None:
    """Return the current generation, None where there is none that can be read."""
    number = current_number(project.layout)
    try:
        return None if number is None else read_generation(project.layout, number)
    except (Failure, OSError):
        return None


def _lock(project: Project) -> Lock | None:
    path = project.root / lock_room.filename(project.target)
    try:
        return lock_room.read(path.read_text(encoding="utf-8"), path.name)
    except (Failure, OSError, UnicodeDecodeError):
        return None
