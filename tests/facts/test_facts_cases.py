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


JUNK = (
    None,
    3,
    "x",
    ["x", 3, None, {}],
    {"a": 1},
    [{"path": 3}, {"path": "/x", "text": 3, "real": [], "opened": "?", "group": None}],
    [{"id": None}, {"id": "8086:"}, {"id": "1002:744c", "slot": 3, "class": [], "memory": "x"}],
    {"variables": 3, "paths": {}, "nvcc": 3, "CUDA_HOME": [], "HIP_VISIBLE_DEVICES": "x,", "levels": 3},
)
TEXTS = (
    "\x00\n|||\n",
    "{",
    '{"a": [1',
    "GPU: 0\n ASIC:\n",
    "Agent 1\n",
    "|0 x|y|\n|0|0000:00:|",
    "a\tb\t\n*|1|gpu|x\n",
)


@pytest.mark.parametrize("value", [*JUNK, *TEXTS], ids=range(len(JUNK) + len(TEXTS)))
@pytest.mark.parametrize("outcome", ["read", "failed", "timeout", "nonsense"])
def test_no_answer_trips_a_reader(value: Any, outcome: str) -> None:
    item = {"outcome": outcome, "value": value, "out": value, "err": value, "how": value, "ms": value}
    items = {str(ask["name"]): item for ask in facts.asks("/p", "/c", "/t")}
    for platform in ("linux", "darwin", "win32"):
        items["platform.system"] = {"outcome": "read", "value": {"platform": platform, "machine": "x86_64"}}
        found = facts.read({"items": items})
        assert from_json(Facts, json.loads(json.dumps(to_json(found)))) == found


def test_every_text_of_every_case_at_every_ask() -> None:
    """What one tool prints is read as what each other would have printed."""
    texts = {
        item["out"]
        for path in CASES
        for item in document(json.loads(path.read_text(encoding="utf-8")))["items"].values()
        if isinstance(item.get("out"), str)
    }
    names = [str(ask["name"]) for ask in facts.asks("/p", "/c", "/t")]
    for text in sorted(texts):
        entries = [{"path": "/a/nodes/1/properties", "real": "/opt/rocm-6/.info/version", "text": text}]
        item = {"outcome": "read", "out": text, "value": entries, "how": "", "ms": 1}
        assert facts.read({"items": dict.fromkeys(names, item)}).platform.system == "linux"
