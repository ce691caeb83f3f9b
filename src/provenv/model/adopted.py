"""What `init` carried over from another tool's file, and what it could not: each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import Text

CarriedKind = Literal[
    "name", "python", "reference", "requirement", "suggestion", "constraint", "accelerator", "system",
    "variable", "pass", "run", "index", "mirror", "image",
]  # fmt: skip


@dataclass(frozen=True)
class Carried:
    """One thing that stands in the declared file now: what it is, its words there, where it came from.

    A `suggestion` is a requirement that stands there as a comment. `note` says
    what was changed on the way.
    """

    kind: CarriedKind
    words: str
    where: str
    note: Text | None = None


@dataclass(frozen=True)
class LeftOut:
    """One thing that was not carried over: its words in the source, where they stand, and why."""

    words: str
    where: str
    why: Text


@dataclass(frozen=True)
class Initial:
    """The text of a declared file, those that are written with it, and what they were made from.

    `files` maps names beside the declared file to their texts. `source` is what
    it was made from: the file that was named, or nothing for the folder itself.
    """

    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    found: tuple[Text, ...] = ()
    carried: tuple[Carried, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
