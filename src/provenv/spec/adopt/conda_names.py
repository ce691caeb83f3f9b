"""Which package of the index a conda package is, and which are none: the table, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ..distributions import table as distributions

Kind = Literal["package", "accelerator", "system", "left"]


@dataclass(frozen=True)
class Meaning:
    """What a conda package is here.

    `words` is the distribution, the system package, or why it is left out (a
    part of a message's key). `loose` says that the index counts its versions
    with one more number; `assumed` that no table has the name.
    """

    kind: Kind
    words: str
    loose: bool = False
    assumed: bool = False


def meaning(name: str) -> Meaning:
    """Return what the conda package `name` is."""
    content = _content()
    name = name.lower()
    if name in content.names:
        return Meaning("package", content.names[name], name in content.loose)
    if name in content.accelerator or (
        name.startswith(content.accelerator_prefixes) and not distributions().has(name)
    ):
        return Meaning("accelerator", content.accelerator.get(name, "cuda"))
    if name in content.system:
        return Meaning("system", content.system[name])
    if name in content.left:
        return Meaning("left", content.left[name])
    known = distributions().has(name)
    if not known:
        for prefix, why in content.left_prefixes:
            if name.startswith(prefix):
                return Meaning("left", why)
    return Meaning("package", name, name in content.loose, not known)


@dataclass(frozen=True)
class _Content:
    names: Mapping[str, str]
    loose: frozenset[str]
    accelerator: Mapping[str, str]
    accelerator_prefixes: tuple[str, ...]
    system: Mapping[str, str]
    left: Mapping[str, str]
    left_prefixes: tuple[tuple[str, str], ...]


@cache
def _content() -> _Content:
    table = json.loads(Path(__file__).with_name("conda_names.json").read_text("utf-8"))
    accelerators = table["accelerator"]
    left = table["left"]
    return _Content(
        table["names"],
        frozenset(table["loose"]),
        {name: kind for kind in ("cuda", "cpu", "mutex") for name in accelerators[kind]},
        tuple(accelerators["prefixes"]),
        table["system"],
        {name: why for why, entry in left.items() for name in entry["names"]},
        tuple((prefix, why) for why, entry in left.items() for prefix in entry["prefixes"]),
    )
