"""The repositories' pages are what docs/make_repositories.py would write from their results."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def make() -> ModuleType:
    described = importlib.util.spec_from_file_location("make_repositories", DOCS / "make_repositories.py")
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    sys.modules[described.name] = module
    described.loader.exec_module(module)
    return module


MAKE = make()
RESULTS = json.loads((DOCS / "repositories.json").read_text("utf-8"))


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_page_is_made_from_the_results(language: str) -> None:
    assert MAKE.PAGES[language].read_text("utf-8") == MAKE.page(language, RESULTS)


def test_twenty_repositories_were_tried_and_each_ended_with_a_lock_or_a_reason() -> None:
    assert len(RESULTS) >= 20
    for one in RESULTS:
        assert one["commit"]
        assert one["adopted"]["requirements"] or one["adopted"]["references"], one["name"]
        for machine, lock in one["locks"].items():
            told = lock.get("packages", 0) > 0 or (
                lock["problems"] and lock["problems"][0]["code"] != "PV799"
            )
            assert told, (one["name"], machine)
            assert "output" not in lock, (one["name"], machine)
