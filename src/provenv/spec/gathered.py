"""What has been read so far of all the files that declare requirements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import Place, Problem
from ..model.spec import Indexes, Part, Requirement
from .requirement import Read

MOST_PROBLEMS = 100
"""Nobody reads more; the rest is counted."""
MOST_FILES = 100
"""Requirement files that include one another."""
MOST_REQUIREMENTS = 3000
"""Of all files together."""


@dataclass
class Gathered:
    """An accumulator that lives as long as one `load`; `files` are in the order of reading."""

    root: Path
    environment: Mapping[str, str]
    requirements: list[Requirement] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    directories: list[Path] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    expanded: dict[str, Place] = field(default_factory=dict)
    index_url: str | None = None
    extra_index_urls: list[str] = field(default_factory=list)
    find_links: list[str] = field(default_factory=list)
    no_index: bool = False
    pre: bool = False
    no_binary: list[str] = field(default_factory=list)
    only_binary: list[str] = field(default_factory=list)
    seen: set[tuple[Path, bool]] = field(default_factory=set)
    parts: list[Part] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Return whether so much is wrong, or so much was read, that reading on helps nobody."""
        return (
            len(self.problems) >= MOST_PROBLEMS
            or len(self.requirements) + len(self.constraints) >= MOST_REQUIREMENTS
        )

    def note_file(self, name: str) -> None:
        """Remember that a file was read."""
        if name not in self.files:
            self.files.append(name)

    def take(self, read: Read, *, constraint: bool = False) -> None:
        """Add a requirement (or constraint) and what is wrong with it."""
        self.problems.extend(read.problems)
        if read.requirement is not None:
            (self.constraints if constraint else self.requirements).append(read.requirement)
        if read.directory is not None and read.directory not in self.directories:
            self.directories.append(read.directory)

    def indexes(self) -> Indexes:
        """Return where packages come from, each place once, in order."""
        return Indexes(
            self.index_url,
            tuple(dict.fromkeys(self.extra_index_urls)),
            tuple(dict.fromkeys(self.find_links)),
            self.no_index,
            self.pre,
            tuple(dict.fromkeys(self.no_binary)),
            tuple(dict.fromkeys(self.only_binary)),
        )
