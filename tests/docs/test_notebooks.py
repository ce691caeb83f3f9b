"""The guide's notebooks are what the guide says, and every cell of them runs and says what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from loading import load
from shown_output import assert_said

generator = load("make_notebooks_of_docs", Path(__file__).resolve().parents[2] / "docs" / "make_notebooks.py")
ENGLISH, CHINESE = (generator.notebooks(language) for language in generator.LANGUAGES)
# what provenv says is shown in both languages; where a notebook's own scripts speak, once is enough
RUN = [*ENGLISH, *(one for one in CHINESE if one.page == "zh-CN.md")]
# figures that have to be exact, beyond what the page shows: there every number may be another one
EXACT = {
    "01-first-environment": [r"generation 1, Python", r"第 1 代"],
}


def _label(notebook) -> str:
    return f"{notebook.language}-{notebook.name}"


def test_the_files_are_what_the_generator_writes():
    made = generator.pages()
    old = [path.name for path, content in made.items() if not path.is_file() or path.read_text() != content]
    assert old == [], "run `python docs/make_notebooks.py`"
    assert set(generator.NOTEBOOKS.glob("*/*")) == set(made)


def test_the_same_pages_give_the_same_bytes():
    assert generator.pages() == generator.pages()


def test_both_languages_run_the_same_cells():
    def code(notebooks) -> list[tuple[str, list[str]]]:
        # the first cell sets the language
        return [
            (one.name, [cell.source for cell in one.cells if cell.kind == "code"][1:]) for one in notebooks
        ]

    assert code(ENGLISH) == code(CHINESE)
    assert sum(len(cells) for _, cells in code(ENGLISH)) > 60


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="the guide shows a machine without a GPU")
@pytest.mark.parametrize("notebook", RUN, ids=_label)
def test_every_cell_says_what_the_guide_shows(notebook, environment_of_pages, tmp_path):
    document = nbformat.read(notebook.path, as_version=4)
    own = {"TMPDIR": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    NotebookClient(document, timeout=300).execute(env={**environment_of_pages, **own})
    everything = ""
    for cell, made in zip(document.cells, notebook.cells, strict=True):
        said = "".join(one.get("text", "") for one in cell.get("outputs", ()))
        assert_said(made.shown, said, made.source)
        everything += said
    for words in EXACT.get(notebook.name, ()):
        assert re.search(words, everything)
