"""Problems: where the caret stands, which hints are shown, what is counted."""

from __future__ import annotations

import pytest

from provenv.errors import Hint, Place, Problem, verbatim
from provenv.ui.line import plain
from provenv.ui.problems import problems, unseen
from provenv.ui.screen import styled
from provenv.ui.width import cells


def rendered(found, context):
    return [styled(one, False) for one in problems(found, context)]


@pytest.mark.parametrize(
    ("source", "column", "length"),
    [
        ("requirments = 1", 1, 11),
        ('依赖 = ["数据集>=1", "torch=2.1"]', 19, 9),
        ("\tindented = 1", 2, 8),
        ("e\u0301tude = 1", 10, 1),  # a combining accent takes no cell
        ("键 = 值", 5, 1),
        ("short", 6, 1),  # just behind the end: something is missing there
    ],
)
@pytest.mark.parametrize("width", [80, 30])
def test_caret_stands_under_what_it_means(source, column, length, width, context):
    found = Problem("PV1", verbatim("x"), Place("f.toml", 7, column, source, length))
    _, _, _, shown, caret = rendered([found], context(width=width))
    start = len("7 | ")
    carets = caret[start:]
    before = cells(carets) - carets.count("^")
    marked = source.replace("\t", "    ")[column - 1 + source[: column - 1].count("\t") * 3 :][:length]
    assert carets.strip() == "^" * max(cells(marked), 1)
    text = shown[start:]
    position = 0
    while cells(text[:position]) < before:
        position += 1
    assert text[position:].lstrip("\u0301").startswith(marked.rstrip())


@pytest.mark.parametrize("column", [1, 60, 200, 399])
@pytest.mark.parametrize("width", [80, 40])
def test_a_long_line_is_cut_round_the_caret(column, width, context):
    source = "".join(f"{i:04}" for i in range(100))
    found = Problem("PV1", verbatim("x"), Place("f.toml", 7, column, source, 4))
    _, _, _, shown, caret = rendered([found], context(width=width))
    assert cells(shown) <= width
    assert cells(caret) <= width
    marked = shown[caret.index("^") : caret.rindex("^") + 1]
    assert source[column - 1 :].startswith(marked)


def test_a_secret_in_the_line_is_masked_and_the_caret_still_right(samples, context):
    said = rendered(samples.PROBLEMS["secret"], context())
    assert said[3] == '2 | HF_TOKEN = "**********"  # 密钥'


def test_equal_problems_are_told_once_and_counted_once(samples, context):
    said = "\n".join(rendered(samples.PROBLEMS["several"], context()))
    assert said.count("error[PV101]") == 1
    assert said.endswith("2 errors, 1 warning, 1 note")


def test_a_shared_hint_stands_with_the_last_problem(context):
    hint = Hint(command="provenv up")
    found = [Problem(f"PV{i}", verbatim("x"), hints=(hint,)) for i in (1, 2, 3)]
    said = rendered(found, context())
    assert [one for one in said if "provenv up" in one] == ["     hint: provenv up"]
    assert said.index("     hint: provenv up") > said.index("error[PV3]: x")


def test_one_problem_is_not_counted(samples, context):
    assert "1 error" not in "\n".join(rendered(samples.PROBLEMS["one"], context()))


def test_another_programs_because_is_not_said_twice(samples, context):
    said = "\n".join(rendered(samples.PROBLEMS["conflict"], context()))
    assert "because: scikit-learn==1.8.0" in said


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_command_is_never_broken(language, context):
    command = "provenv lock --upgrade " + " ".join(f"package-{i}" for i in range(20))
    found = Problem("PV1", verbatim("x"), hints=(Hint(verbatim("try " * 30), command),))
    said = [plain(one) for one in problems([found], context(language, 40))]
    assert any(one.endswith(command) for one in said)


def test_unseen_tells_each_problem_once(samples):
    seen = []
    assert unseen((samples.MISSPELT, samples.WARNING), seen) == [samples.MISSPELT, samples.WARNING]
    assert unseen((samples.WARNING, samples.NOTE), seen) == [samples.NOTE]
