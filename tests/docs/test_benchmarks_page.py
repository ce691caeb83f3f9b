"""The page of benchmarks is what was measured, and says of each goal whether it was met."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest


@pytest.fixture(scope="module")
def generator(repository):
    path = repository / "bench" / "make_benchmarks.py"
    spec = importlib.util.spec_from_file_location("make_benchmarks_of_bench", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def test_the_pages_are_what_the_results_give(generator):
    pages = generator.pages(generator.read())
    old = [path.name for path, content in pages.items() if not path.is_file() or path.read_text() != content]
    assert old == [], "run `python bench/make_benchmarks.py --pages`"


def test_every_script_has_its_section_in_both_languages_and_no_result_is_without_words(generator, repository):
    words = generator.tomllib.loads(generator.WORDS.read_text())
    measured = set(json.loads(generator.RESULTS.read_text()))
    for language in generator.PAGES:
        assert set(words[language]["section"]) == set(generator.SECTIONS) == measured
    for name in generator.SECTIONS:
        assert (repository / "bench" / f"{name}.py").is_file()


def test_a_goal_that_was_not_met_is_told(generator):
    results = generator.read()
    rows = [row for one in results.values() for row in one["rows"] if row["goal"]]
    goals = [generator.Row(**{**row, "goal": generator.Goal(**row["goal"])}).met for row in rows]
    for page in generator.pages(results).values():
        assert page.count("**no**") + page.count("**否**") == goals.count(False)
