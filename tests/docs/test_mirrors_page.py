"""The pages about mirrors: their table is the data's, and both languages say the same."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from provenv.spec.presets import KINDS, table


@pytest.fixture(scope="module")
def generator(repository):
    path = repository / "docs" / "make_mirrors.py"
    spec = importlib.util.spec_from_file_location("make_mirrors_of_docs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_table_is_what_the_generator_writes(generator, language):
    page = generator.PAGES[language].read_text(encoding="utf-8")
    assert page == generator.written(page, language), "run `python docs/make_mirrors.py`"


def test_every_row_of_the_data_is_there(generator):
    rows = generator.rows("en")
    for preset in table().presets.values():
        for address in preset.addresses.values():
            assert f"`{address.url}`" in rows


def test_both_languages_have_the_same_examples_and_keys(generator):
    english, chinese = (generator.PAGES[one].read_text(encoding="utf-8") for one in ("en", "zh_CN"))
    for pattern in (r"```.*?```", r"^\| `(\w+)` ", r"`(https?://[^`]+)`"):
        found = [re.findall(pattern, page, re.DOTALL | re.MULTILINE) for page in (english, chinese)]
        stripped = [[re.sub(r"#.*", "", one).split() for one in page] for page in found]
        assert stripped[0] == stripped[1]


def test_every_key_is_explained(generator):
    for path in generator.PAGES.values():
        keys = re.findall(r"^\| `(\w+)` \| [^`]", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert {*KINDS, "preset"} <= set(keys)
