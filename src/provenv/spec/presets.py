"""Public mirrors by name: the table of `mirrors.json`, and what a name stands for in `[mirrors]`."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from ..model.spec import Mirrors

KINDS = ("pypi", "torch", "python", "apt", "images", "huggingface")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|file:|[A-Za-z]:[\\/]|[./~]|\$\{")
_IMAGES = re.compile(
    r"(?:https?://)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:/[a-z0-9._-]+)*/?|localhost(?::\d+)?/?"
)


@dataclass(frozen=True)
class Address:
    """One row: the value of a key of `[mirrors]`, where the row comes from, when that was written or read."""

    url: str
    source: str
    date: str


@dataclass(frozen=True)
class Preset:
    """One mirror by name, with an address for each kind that it has."""

    name: str
    aliases: tuple[str, ...]
    addresses: Mapping[str, Address]


@dataclass(frozen=True)
class Gone:
    """A mirror that is known by name and must not be used: which one to take instead."""

    name: str
    instead: str


@dataclass(frozen=True)
class Presets:
    """The whole table. `other` names what people take for a mirror and is none."""

    presets: Mapping[str, Preset]
    gone: Mapping[str, Gone]
    other: frozenset[str]

    def find(self, name: str) -> Preset | None:
        """Return the preset of that name or alias, None where there is none."""
        return self.presets.get(self._names.get(name.lower(), ""))

    def address(self, name: str, kind: str) -> str | None:
        """Return what stands under `kind` for that name, None where either is not there."""
        preset = self.find(name)
        row = preset.addresses.get(kind) if preset else None
        return row.url if row else None

    def names(self, kind: str | None = None) -> tuple[str, ...]:
        """Return the names of all presets, or of those that have `kind`."""
        return tuple(
            name for name, preset in self.presets.items() if kind is None or kind in preset.addresses
        )

    def near(self, word: str, kind: str | None = None) -> str | None:
        """Return the name that was probably meant."""
        allowed = set(self.names(kind))
        candidates = [word for word, name in self._names.items() if name in allowed]
        close = difflib.get_close_matches(word.lower(), candidates, n=1, cutoff=0.6)
        return self._names[close[0]] if close else None

    @property
    def _names(self) -> dict[str, str]:
        return {
            word: preset.name for preset in self.presets.values() for word in (preset.name, *preset.aliases)
        }


@cache
def table() -> Presets:
    """Return the table, read once."""
    content = json.loads(Path(__file__).with_name("mirrors.json").read_text("utf-8"))
    presets = {
        name: Preset(
            name,
            tuple(row["aliases"]),
            {kind: Address(**row[kind]) for kind in KINDS if kind in row},
        )
        for name, row in content["presets"].items()
    }
    gone = {
        word: Gone(name, row["instead"])
        for name, row in content["gone"].items()
        for word in (name, *row["aliases"])
    }
    other = {word for name, row in content["not_endpoints"].items() for word in (name, *row["aliases"])}
    return Presets(presets, gone, frozenset(other))


def is_address(value: str, kind: str = "pypi") -> bool:
    """Tell whether a value of `[mirrors]` is an address rather than a name; a registry needs no scheme."""
    return bool(_ADDRESS.match(value)) or (kind == "images" and bool(_IMAGES.fullmatch(value)))


def resolve(said: Mirrors) -> Mirrors:
    """Return the mirrors with addresses for names, and what is not said filled in from `preset`.

    The names were checked before; one that the table does not have gives nothing.
    """
    values: dict[str, str | None] = {}
    for field in fields(said):
        value = getattr(said, field.name)
        if field.name in ("preset", "fallbacks"):
            continue
        if value is None and said.preset is not None:
            value = table().address(said.preset, field.name)
        elif value is not None and not is_address(value, field.name):
            value = table().address(value, field.name)
        values[field.name] = value
    fallbacks = {
        kind: tuple(one for one in (_addressed(word, kind) for word in words) if one and one != values[kind])
        for kind, words in said.fallbacks.items()
    }
    return Mirrors(preset=said.preset, fallbacks=fallbacks, **values)


def said(table: Mapping[str, str | list[str] | None]) -> Mirrors:
    """Return `[mirrors]` as it was written: of several mirrors the first, the others as its fallbacks."""
    first = {kind: value[0] if isinstance(value, list) else value for kind, value in table.items()}
    others = {kind: tuple(value[1:]) for kind, value in table.items() if isinstance(value, list)}
    return Mirrors(fallbacks={kind: rest for kind, rest in others.items() if rest}, **first)


def _addressed(word: str, kind: str) -> str | None:
    return word if is_address(word, kind) else table().address(word, kind)
