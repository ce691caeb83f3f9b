"""What a target has on disk: generations, and how far their files are from what was proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Generation:
    """One built state of a target. `made` is an ISO 8601 time in UTC; `proof` is empty until proven.

    `lock` is the lock's identity, `lock_file` its name beside the declared file.
    `inputs` are the digests that make a later `up` a no-op: spec, lock, pip, interpreter...
    """

    number: int
    path: str
    python: str
    packages: Mapping[str, str] = field(default_factory=dict)
    lock: str = ""
    lock_file: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    made: str = ""
    proof: Literal["", "passed", "failed"] = ""
    schema: int = 1


@dataclass(frozen=True)
class State:
    """The generations of a target, oldest first, and which one is current."""

    target: str
    root: str
    current: int | None = None
    generations: tuple[Generation, ...] = ()

    def generation(self, number: int | None) -> Generation | None:
        """Return the generation of that number, if there is one."""
        return next((one for one in self.generations if one.number == number), None)


@dataclass(frozen=True)
class Drift:
    """Files of a generation that are not what was installed; paths relative to the environment.

    `owners` names the packages that a file belongs to, with commas between several; an `extra` file
    belongs to none.
    """

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.extra)

    @property
    def packages(self) -> frozenset[str]:
        """Return the packages that such files belong to."""
        return frozenset(name for names in self.owners.values() for name in names.split(", "))
