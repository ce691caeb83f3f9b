"""A rule's mistakes: all at once, each with its line; nothing that a file may hold ends in a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenv.diagnosis import compiled
from provenv.diagnosis.reading import FOLDER, from_toml, read, shipped
from provenv.errors import Failure

GOOD = """\
cause = "own-cause"
[defaults]
name = "x"
[says.en]
what = "what {name}"
why = "why"
[says.zh]
what = "什么 {name}"
why = "为什么"
[[pattern]]
id = "one"
regex = 'undefined symbol (?P<name>\\w+)'
weight = 5
example = "undefined symbol f"
[[remedy]]
command = "echo {name}"
"""


def mistakes(words):
    with pytest.raises(Failure) as caught:
        read("own.toml", words)
    return [
        (one.where.line, str(one.why.args["text"])) for one in caught.value.problems if one.where and one.why
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"own-cause"', '"Own Cause"', 1, "`cause`"),
        ("weight = 5", "weight = 50", 11, "-10 to 10"),
        ("undefined symbol (?P", "(a+)+b(?P", 11, "hostile line"),
        ("undefined symbol (?P", "(?P", 11, "anchor"),
        (r"(?P<name>\w+)'", r"(?P<name>\w+'", 11, "unterminated"),
        ("what {name}", "what {other}", 5, "{other}"),
        ('why = "why"', "", 1, "`why`"),
        ("echo {name}", "echo ${HOME}", 16, "HOME"),
        ('command = "echo {name}"', 'en = "only English"', 16, "both languages"),
        ("weight = 5", "weight = 5\ncolour = 3", 11, "`colour`"),
        ("[[remedy]]", "[[remedies]]", 1, "`remedies`"),
        ('cause = "own-cause"', "cause = ", 1, "value"),
    ],
)
def test_a_mistake_is_told_with_its_line(old, new, line, said):
    told = mistakes(GOOD.replace(old, new, 1))
    assert any(one == line and said in why for one, why in told), told


def test_every_mistake_is_told_at_once():
    told = mistakes(GOOD.replace("weight = 5", "weight = 50").replace("what {name}", "what {other}"))
    assert len(told) == 1 or len({line for line, _ in told}) > 1


def test_a_rule_is_read():
    rule = read("own.toml", GOOD)
    assert (rule.cause, rule.patterns[0].anchors, rule.remedies[0].commands) == (
        "own-cause",
        {"undefined"},
        ("echo {name}",),
    )


VALUES = st.sampled_from(
    [
        "3",
        '"text"',
        "true",
        "[]",
        "{}",
        '["a"]',
        "[1, [2]]",
        "{ a = 1 }",
        '"{"',
        '"}{x}"',
        "-1e400",
        "nan",
        "''",
    ]
)
KEYS = st.sampled_from(
    "cause over asks says defaults says.en pattern together signal remedy confirm reference x".split()  # noqa: SIM905
)
INNER = st.sampled_from(
    "id regex weight anchor span noise case example en zh command commands when root of name".split()  # noqa: SIM905
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(KEYS, VALUES), max_size=3),
    st.lists(
        st.tuples(st.sampled_from(["pattern", "remedy", "together", "signal", "reference"]), INNER, VALUES)
    ),
)
def test_whatever_stands_in_a_file_is_a_rule_or_a_mistake(top, inner):
    words = "\n".join(f"{key} = {value}" for key, value in top)
    words += GOOD[GOOD.index("[defaults]") :] if not top else "\n"
    words += "\n".join(f"[[{table}]]\n{key} = {value}" for table, key, value in inner)
    codes = {"PV901"}
    try:
        read("own.toml", words)
    except Failure as failure:
        codes |= {problem.code for problem in failure.problems}
    assert codes == {"PV901"}


def test_the_compiled_file_holds_the_same_rules(compiled: Path) -> None:
    assert compiled.name == "compiled.json"
    assert from_toml(FOLDER) == shipped()


def test_a_checkout_whose_rules_are_newer_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "provenv" / "diagnosis" / "rules"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(GOOD, encoding="utf-8")
    made = compiled.write(folder, from_toml(folder))
    assert compiled.read(folder) == from_toml(folder)
    (tmp_path / "pyproject.toml").touch()
    newer = made.stat().st_mtime_ns + 1
    os.utime(folder / "own.toml", ns=(newer, newer))
    assert compiled.read(folder) is None
    os.utime(folder / "own.toml", ns=(0, 0))
    assert compiled.read(folder) is not None
    (folder / "second.toml").write_text(GOOD, encoding="utf-8")
    os.utime(folder / "second.toml", ns=(0, 0))
    assert compiled.read(folder) is None
    made.write_text("{", encoding="utf-8")
    assert compiled.read(folder) is None
