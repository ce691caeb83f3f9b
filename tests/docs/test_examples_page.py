"""The page of the examples is what they say of themselves and what was measured."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from provenv.app import examples


@pytest.fixture(scope="module")
def generator(repository) -> ModuleType:
    path = repository / "docs" / "make_examples.py"
    spec = importlib.util.spec_from_file_location("make_examples_of_docs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generator):
    return generator.pages()


def test_the_files_are_what_the_generator_writes(pages):
    old = [path.name for path, content in pages.items() if not path.is_file() or path.read_text() != content]
    assert old == [], "run `python docs/make_examples.py`"


def test_every_example_has_a_row_in_both_languages(pages):
    for content in pages.values():
        rows = [line for line in content.splitlines() if line.startswith("| [`")]
        assert [line.partition("`]")[0].removeprefix("| [`") for line in rows] == list(examples.names())


def test_what_was_measured_is_of_an_example_and_reaches_its_floor(generator):
    for name, found in generator.read().items():
        assert examples.about(name).reached(found["value"])
        assert set(found) == {"value", "low", "high", "seconds", "peak_memory", "device", "date"}


def test_both_languages_have_the_same_words(generator):
    english, chinese = (generator.words(language) for language in generator.PAGES)
    assert list(english) == list(chinese)
