"""Whole machines as data: cases/*.json hold the probe's document and what must be read of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provenv import facts
from provenv.model.codec import from_json, to_json
from provenv.model.facts import Facts

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def document(case: dict[str, Any]) -> dict[str, Any]:
    """Return the case's document; a text may stand there as a list of its lines."""
    for item in case["document"]["items"].values():
        if isinstance(item.get("out"), list):
            item["out"] = "\n".join(item["out"]) + "\n"
    return case["document"]


def at(value: Any, path: str) -> Any:
    """Return what stands at `gpus.0.name`; None beyond the end of a list."""
    for key in path.split("."):
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value[key]
    return value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_machines(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    found = to_json(facts.read(document(case)))
    assert {key: at(found, key) for key in case["expect"]} == case["expect"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_machines_survive_json(path: Path) -> None:
    read = facts.read(document(json.loads(path.read_text(encoding="utf-8"))))
    assert from_json(Facts, json.loads(json.dumps(to_json(read)))) == read
