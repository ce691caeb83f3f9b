"""The guide's notebooks are what the guide says, and every cell of them runs and says what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from loading import load
from shown_output import assert_said

generator = load("make_notebooks_of_docs", Path(__file__).resolve().parents[2] / "docs" / "make_notebooks.py")
ENGLISH, CHINESE = (generator.notebooks(language) for language in generator.LANGUAGES)
# what provenv says is shown in both languages; where a notebook's own scripts speak, once is enough
RUN = [*ENGLISH, *(one for one in CHINESE if one.page == "zh-CN.md")]
COLOUR = re.compile(r"\x1b\[[\d;]*m")
# figures that have to be exact, beyond what the page shows: there every number may be another one
EXACT = {
    "01-first-environment": ["(generation 1|第 1 代)[,，] ?Python", "(is up to date|已是最新)"],
    "02-change-and-repair": ["at generation 1 again .it was at 2|已回到第 1 代（之前是第 2 代）"],
    "03-elsewhere": ["removed generation 1 of|的第 1 代，释放"],
    "04-data-and-training": ["step 681 ", r"validation accuracy 0\.9[3-9]"],
    "05-killed-and-compared": ["the same model, byte by byte", "from step 300", "SIGKILL"],
    "06-judged-and-used": [
        r"this model +0\.9[5-9]",
        r"most common digit +0\.1",
        r"random: accuracy 0\.9[^\n]*\n +✗ leak: train and test share \d+ items",
        r"by image: accuracy 0\.[01]\d* [^\n]*\n +✓ no item in two parts",
        r"line 1: 0 .*\nline 2: 1 .*\nline 3: 2 ",
    ],
}
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")


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


def test_links_of_the_notebooks_resolve():
    linked = [
        (one.path, link)
        for one in [*ENGLISH, *CHINESE]
        for cell in one.cells
        if cell.kind == "markdown"
        for link in LINK.findall(cell.source)
    ]
    assert len(linked) > 30
    assert [link for path, link in linked if not (path.parent / link).exists()] == []


def test_a_block_of_commands_becomes_cells():
    block = "$ mkdir a\n$ cd a\n$ cat > b <<'END'\n> one\n> END\n$ cat b\none\n$ false\n"
    made = [(cell.source, cell.shown) for cell in generator.code_cells(generator.commands(block, 1))]
    assert made == [
        ("%%bash\nmkdir a", ""),
        ("%cd a", ""),
        ("%%bash\ncat > b <<'END'\none\nEND\ncat b", "one"),
        ('%%bash\nfalse || echo "exit code $?"', "\n...\nexit code 1"),
    ]


def test_what_was_not_said_is_noticed():
    assert_said("✓ done after 4 s\n...\nthe end", "✓ done after 5.5 s\nmore\nthe end", "it")
    with pytest.raises(AssertionError, match="does not say"):
        assert_said("the end\n...\n✓ done", "✓ done\nthe end", "it")


@pytest.mark.slow
def test_a_command_that_fails_ends_the_notebook(environment_of_pages, tmp_path):
    cells = [*(cell.source for cell in ENGLISH[0].cells if cell.kind == "code")][:1]
    cells += ["%%bash\necho to stderr >&2\ncat", "%%bash\nfalse\ntouch went-on"]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    own = {"TMPDIR": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    with pytest.raises(CellExecutionError):
        NotebookClient(document, timeout=300).execute(env={**environment_of_pages, **own})
    assert [one["name"] for one in document.cells[1].outputs] == ["stdout"]
    assert not list(tmp_path.rglob("went-on"))


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="the guide shows a machine without a GPU")
@pytest.mark.parametrize("notebook", RUN, ids=_label)
def test_every_cell_says_what_the_guide_shows(notebook, environment_of_pages, tmp_path):
    document = nbformat.read(notebook.path, as_version=4)
    own = {"TMPDIR": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    NotebookClient(document, timeout=300).execute(env={**environment_of_pages, **own})
    everything = ""
    for cell, made in zip(document.cells, notebook.cells, strict=True):
        # a kernel asks for colours
        said = COLOUR.sub("", "".join(one.get("text", "") for one in cell.get("outputs", ())))
        assert_said(made.shown, said, made.source)
        everything += said
    for words in EXACT.get(notebook.name, ()):
        assert re.search(words, everything), f"{words}\n{everything}"
