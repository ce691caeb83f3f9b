"""The table of machines is what the choice says."""

from __future__ import annotations

import importlib.util
import sys

import pytest


@pytest.fixture(scope="module")
def generator(repository):
    path = repository / "docs" / "make_machines.py"
    spec = importlib.util.spec_from_file_location("make_machines_of_docs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generator):
    return generator.pages()


def test_the_files_are_what_the_generator_writes(pages):
    old = [path.name for path, content in pages.items() if not path.is_file() or path.read_text() != content]
    assert old == [], "run `python docs/make_machines.py`"


def test_every_machine_has_a_row_in_both_languages(pages, generator):
    names = sorted(path.stem for path in generator.MACHINES.glob("*.json"))
    for content in pages.values():
        rows = [line for line in content.splitlines() if line.startswith("| [")]
        assert [line.partition("]")[0].removeprefix("| [") for line in rows] == names
        assert [line[4:] for line in content.splitlines() if line.startswith("### ")] == names


def test_no_message_is_without_its_words(pages):
    for content in pages.values():
        assert "lock.accelerator." not in content
        assert "{" not in content


def test_both_languages_have_the_same_words(generator):
    english, chinese = (generator._own(language) for language in generator.PAGES)
    assert list(english) == list(chinese)
