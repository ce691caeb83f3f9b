"""The reference is what the code says."""

from __future__ import annotations

import importlib.util
import sys

import pytest


@pytest.fixture(scope="module")
def generator(repository):
    path = repository / "docs" / "make_reference.py"
    spec = importlib.util.spec_from_file_location("make_reference_of_docs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generator):
    return generator.pages()


def test_the_files_are_what_the_generator_writes(pages):
    old = [path.name for path, content in pages.items() if not path.is_file() or path.read_text() != content]
    assert old == [], "run `python docs/make_reference.py`"


def test_no_page_is_left_over(pages, generator):
    written = {path for folder in generator.FOLDERS.values() for path in folder.glob("*.md")}
    assert written == set(pages)


def test_the_same_sources_give_the_same_bytes(pages, generator):
    assert generator.pages() == pages


def test_both_languages_have_the_same_words(generator):
    english, chinese = (generator.Speaker(language).own for language in generator.FOLDERS)
    assert {section: list(words) for section, words in english.items()} == {
        section: list(words) for section, words in chinese.items()
    }


def test_everything_is_there(pages, generator):
    folder = generator.FOLDERS["en"]
    commands, problems = pages[folder / "commands.md"], pages[folder / "problems.md"]
    assert all(f"### provenv {name}\n" in commands for names in generator.SECTIONS.values() for name in names)
    assert "### PV101\n" in problems
    assert "### PV720\n" in problems
    assert all(f"### {entry.name}\n" in pages[folder / "checks.md"] for entry in generator.TABLE)
    assert "`CUDA_VISIBLE_DEVICES`" in pages[folder / "variables.md"]


def test_every_key_of_the_schema_is_there(pages, generator):
    page = pages[generator.FOLDERS["en"] / "file.md"]
    schema = generator.json_schema()
    parts = [schema, *(part for part in schema["$defs"].values() if "properties" in part)]
    missing = [key for part in parts for key in part["properties"] if f"| `{key}` |" not in page]
    assert missing == []


def test_words_without_a_variable_are_not_kept(generator):
    names = {variable.name for variable in generator._variables()}
    assert set(generator.Speaker("en").own["variable"]) == names
