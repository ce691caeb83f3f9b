"""The shipped rules as one JSON file, made of their TOML by a build: read in milliseconds, with anchors.

A checkout whose TOML is newer, or that was never built, reads the TOML itself.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..model.codec import to_json
from ..model.diagnosis import Reference
from .rule import Pattern, Rule, Said, Signal, Step, Together, When

NAME = "compiled.json"
# the form of the file: one of another form is not read
FORM = 2


def write(folder: Path, rules: Sequence[Rule]) -> Path:
    """Write the rules of a folder beside their TOML, whole or not at all; return the file."""
    told = [{**to_json(rule), "patterns": [_pattern_json(one) for one in rule.patterns]} for rule in rules]
    content = json.dumps({"form": FORM, "names": names(folder), "rules": told}, ensure_ascii=False)
    goal = folder / NAME
    descriptor, beside = tempfile.mkstemp(dir=folder, prefix=f".{NAME}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    os.chmod(beside, 0o644)
    os.replace(beside, goal)
    return goal


def read(folder: Path) -> tuple[Rule, ...] | None:
    """Return the rules of the compiled file; None where there is none that fits the folder's TOML."""
    try:
        made = (folder / NAME).stat().st_mtime_ns
        if _is_checkout(folder) and any(path.stat().st_mtime_ns > made for path in folder.glob("*.toml")):
            return None
        data = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None
    if data.get("form") != FORM or data.get("names") != names(folder):
        return None
    return tuple(map(_rule, data["rules"]))


def names(folder: Path) -> list[str]:
    """Return the names of the TOML files."""
    return sorted(name for name in os.listdir(folder) if name.endswith(".toml"))


def _is_checkout(folder: Path) -> bool:
    """Whether the files may be edited: an installed package's times say nothing."""
    return (folder.parents[3] / "pyproject.toml").is_file()


def _pattern_json(pattern: Pattern) -> dict[str, Any]:
    found: dict[str, Any] = to_json(pattern)
    needs = [sorted(words) for words in pattern.needs]
    return {**found, "anchors": sorted(pattern.anchors), "needs": needs}


def _pattern(data: Mapping[str, Any]) -> Pattern:
    needs = tuple(map(frozenset, data["needs"]))
    return Pattern(**{**data, "anchors": frozenset(data["anchors"]), "needs": needs})


def _rule(data: Mapping[str, Any]) -> Rule:
    return Rule(
        cause=data["cause"],
        what=Said(**data["what"]),
        why=Said(**data["why"]),
        patterns=tuple(map(_pattern, data["patterns"])),
        together=tuple(Together(tuple(one["names"]), one["weight"]) for one in data["together"]),
        signals=tuple(Signal(**one) for one in data["signals"]),
        over=tuple(data["over"]),
        asks=tuple(data["asks"]),
        remedies=tuple(map(_step, data["remedies"])),
        confirm=tuple(map(_step, data["confirm"])),
        references=tuple(Reference(**one) for one in data["references"]),
        defaults=data["defaults"],
    )


def _step(data: Mapping[str, Any]) -> Step:
    told = data["when"]
    when = When(
        tuple(told["system"]),
        tuple(told["family"]),
        tuple(told["manager"]),
        tuple(told["pattern"]),
        told["container"],
        told["wsl"],
    )
    says = Said(**data["says"]) if data["says"] else None
    return Step(says, tuple(data["commands"]), when, data["root"])
