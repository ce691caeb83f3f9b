"""What has to be done to get from the state to the lock: the Plan of typed Steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Text


@dataclass(frozen=True)
class CreateEnvironment:
    """A new, empty virtual environment of that interpreter."""

    python: str
    path: str
    kind: Literal["create"] = "create"


@dataclass(frozen=True)
class BuildImage:
    """A container image on that base, with so many files of the project of so many bytes."""

    base: str
    files: int
    size: int
    kind: Literal["image"] = "image"


@dataclass(frozen=True)
class Install:
    """A package that the current generation does not have; sizes in bytes."""

    name: str
    version: str
    download: int | None = None
    kind: Literal["install"] = "install"


@dataclass(frozen=True)
class Change:
    """A package at another version (or, with equal versions, of another build)."""

    name: str
    old: str
    new: str
    download: int | None = None
    kind: Literal["change"] = "change"


@dataclass(frozen=True)
class Keep:
    """A package as the current generation has it."""

    name: str
    version: str
    kind: Literal["keep"] = "keep"


@dataclass(frozen=True)
class Remove:
    """A package that the new generation will not have."""

    name: str
    version: str
    kind: Literal["remove"] = "remove"


@dataclass(frozen=True)
class Prove:
    """The checks that will run in the new generation."""

    checks: tuple[str, ...]
    kind: Literal["prove"] = "prove"


@dataclass(frozen=True)
class Switch:
    """The one rename that makes the new generation current."""

    old: int | None
    new: int
    kind: Literal["switch"] = "switch"


Step = CreateEnvironment | BuildImage | Install | Change | Keep | Remove | Prove | Switch


@dataclass(frozen=True)
class Plan:
    """Typed steps in order; empty where there is nothing to do.

    `download` and `disk` are sums in bytes of what is known; `unsized` counts packages that do not say.
    """

    target: str
    generation: int
    steps: tuple[Step, ...] = ()
    reasons: tuple[Text, ...] = ()
    download: int = 0
    disk: int = 0
    unsized: int = 0
    schema: int = 1
