"""What will be installed, exactly, and why: the Lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import Problem, Text


@dataclass(frozen=True)
class Refusal:
    """A value that was considered and not taken."""

    value: str
    why: Text


@dataclass(frozen=True)
class Choice:
    """A decision with its reason. `subject` is `accelerator`, `python`, `source:torch`, `index`..."""

    subject: str
    value: str
    why: Text
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Artifact:
    """One file that can satisfy a package; size in bytes, None where the index does not say."""

    filename: str
    url: str | None = None
    path: str | None = None
    size: int | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Package:
    """One locked package; `origin` tells what kind of thing it is, `location` where it lies if not an index.

    `required_by` holds names of packages, or `FILE:LINE` of the user's own files.
    """

    name: str
    version: str
    artifacts: tuple[Artifact, ...] = ()
    marker: str | None = None
    origin: Literal["index", "directory", "vcs", "archive"] = "index"
    location: str | None = None
    editable: bool = False
    required_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lock:
    """A target's packages for one platform and Python.

    `identity` digests names, versions, markers and hashes, never URLs;
    `inputs` digests what it was made from (`spec`, `facts`, `pip`, `uv`), so that a stale lock shows.
    """

    target: str
    python: str
    platform: str
    packages: tuple[Package, ...]
    choices: tuple[Choice, ...]
    identity: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Problem, ...] = ()
    uv: str = ""

    def package(self, name: str) -> Package | None:
        """Return the package of that (normalised) name, if it is locked."""
        return next((package for package in self.packages if package.name == name), None)

    def choice(self, subject: str) -> Choice | None:
        """Return the choice about `subject`, if one was made."""
        return next((choice for choice in self.choices if choice.subject == subject), None)
