"""Which distribution carries an import, and which names are no distribution: the table, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Distributions:
    """The table of `distributions.json`.

    `imports`: import name -> distribution where the two differ. `same`: names that are both.
    `elsewhere`: modules that no index has, with the requirement that gets them from their repository.
    `wrong`: names that are no distribution or another project's, with the right one.
    `not_packages`: names of what is not installed as a package, with what is meant instead.
    """

    imports: Mapping[str, str]
    same: frozenset[str]
    elsewhere: Mapping[str, str]
    wrong: Mapping[str, str]
    not_packages: Mapping[str, str]

    def of_import(self, name: str) -> str | None:
        """Return the distribution that carries the module `name` (dotted), None where the table has none."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if found := self.imports.get(".".join(parts[:length])):
                return found
        return parts[0] if parts[0] in self.same else None

    def knows_import(self, name: str) -> bool:
        """Return whether the table has the module `name` (dotted), wherever it comes from."""
        return name.partition(".")[0] in self.elsewhere or self.of_import(name) is not None

    def known(self) -> list[str]:
        """Return every distribution of the table by its normalised name, for near misses."""
        return sorted(_known())

    def has(self, name: str) -> bool:
        """Return whether the table knows a distribution of this name, however it is written."""
        return canonicalize_name(name) in _known()


@cache
def table() -> Distributions:
    """Return the table."""
    content = json.loads(Path(__file__).with_name("distributions.json").read_text("utf-8"))
    return Distributions(
        content["imports"],
        frozenset(content["same"]),
        content["elsewhere"],
        content["wrong"],
        content["not_packages"],
    )


@cache
def _known() -> frozenset[str]:
    return frozenset(canonicalize_name(name) for name in (*table().imports.values(), *table().same))
