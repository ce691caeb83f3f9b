"""Files that are too large, too deep, binary or no files at all get an error, at a bounded cost."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenv import spec
from provenv.errors import Failure
from provenv.spec.gathered import MOST_PROBLEMS
from provenv.spec.source import LIMIT

MIB = LIMIT
MOST_CALLS = 700_000
"""Python calls that reading any one file of 1 MiB may take; the costliest below needs half of it."""


def codes(folder: Path) -> list[str]:
    with pytest.raises(Failure) as caught:
        spec.load(folder, {})
    return [problem.code for problem in caught.value.problems]


@pytest.fixture
def calls() -> Any:
    """Count Python calls: the measure of work that does not depend on how busy the machine is."""
    count = [0]

    def profile(frame: FrameType, event: str, argument: object) -> None:
        count[0] += event == "call"

    previous = sys.getprofile()
    sys.setprofile(profile)
    yield count
    sys.setprofile(previous)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = " + "[" * (MIB // 2), "PV112"),
        ("a = " + "{a=" * (MIB // 4), "PV112"),
        ("a" + ".a" * (MIB // 4) + " = 1", "PV112"),
        ("[" + "a." * (MIB // 4) + "a]", "PV112"),
        ("[env]\n" + "".join(f'K{number} = "x"\n' for number in range(70_000)), "PV113"),
        ("[[a]]\n" * (MIB // 8), "PV113"),
        ("requirements = [" + '"a",' * (MIB // 8) + "]", "PV113"),
        ("a = " + "9" * (MIB - 100), "PV106"),
        ('a = """' + "x" * (MIB - 100), "PV106"),
        ('a = """' + '\\"' * (MIB // 4), "PV106"),
        ("a = b\n" * (MIB // 8), "PV113"),
        ("a = b\n" * 19_000, "PV106"),
        ("a" * (MIB - 100) + " = 1", "PV101"),
        ('requirements = ["' + "a;<" * (MIB // 4) + '"]', "PV120"),
    ],
)
def test_a_hostile_declared_file_is_refused_at_a_bounded_cost(
    text: str, code: str, tmp_path: Path, calls: list[int]
) -> None:
    (tmp_path / "provenv.toml").write_text(text)
    before = calls[0]
    found = codes(tmp_path)
    assert found[0] == code
    assert calls[0] - before < MOST_CALLS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a; " + "(" * 3900, "PV120"),
        (("a; " + "(" * 3900 + "\n") * 250, "PV120"),
        (("a" + ";<" * 140 + "\n") * 3000, "PV120"),
        (("a " + " ,<" * 90 + " x\n") * 3000, "PV120"),
        ("a " + "--hash=sha256:0 " * 30_000, "PV126"),
        ("-" * (MIB - 1), "PV121"),
        ('"' * (MIB - 1), "PV120"),
        ("." * (MIB - 1), "PV120"),
        ("${A}" * (MIB // 8), "PV120"),
        ("a\n" * (MIB // 4), "PV113"),
    ],
)
def test_a_hostile_requirements_file_is_refused_at_a_bounded_cost(
    text: str, code: str, tmp_path: Path, calls: list[int]
) -> None:
    (tmp_path / "requirements.txt").write_text(text)
    before = calls[0]
    found = codes(tmp_path)
    assert found[0] == code
    assert len(found) <= MOST_PROBLEMS + 1
    assert calls[0] - before < MOST_CALLS


@pytest.mark.parametrize("text", [" " * (MIB - 1), "\\\n" * 100_000, "#" * (MIB - 1)])
def test_a_long_file_that_says_nothing_is_empty(text: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(text)
    assert spec.load(tmp_path, {}).requirements == ()


def truncated(path: Path) -> None:
    path.touch()
    os.truncate(path, LIMIT + 1)


@pytest.mark.parametrize("name", ["provenv.toml", "requirements.txt"])
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path.mkdir(), "PV109"),
        (os.mkfifo, "PV109"),
        (lambda path: path.symlink_to("/dev/zero"), "PV109"),
        (lambda path: path.symlink_to(path.name), "PV108"),
        (lambda path: path.symlink_to("nowhere"), "PV108"),
        (truncated, "PV110"),
        (lambda path: path.write_bytes(b"\x7fELF\x02\x01\x01\x00"), "PV111"),
        (lambda path: path.write_bytes(b'name = "caf\xe9"\n'), "PV111"),
        (lambda path: path.write_bytes(b"# coding: zlib\n"), "PV111"),
    ],
)
def test_what_is_no_text_file_is_refused(
    name: str, make: Callable[[Path], object], code: str, tmp_path: Path
) -> None:
    make(tmp_path / name)
    if (
        name == "provenv.toml"
        and (tmp_path / name).is_file()
        and b"zlib" in (tmp_path / name).read_bytes()[:20]
    ):
        assert spec.load(tmp_path, {}).requirements == ()
        return
    assert codes(tmp_path) == [code]


def test_a_byte_that_does_not_decode_is_shown_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "provenv.toml").write_bytes('# 数字\nname = "caf'.encode() + b'\xe9"\n')
    with pytest.raises(Failure) as caught:
        spec.load(tmp_path, {})
    where = caught.value.problems[0].where
    assert where is not None
    assert (where.line, where.column) == (2, 12)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_understood_in_requirements(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("numpy\r\nscipy=1\r\n".encode(encoding))
    with pytest.raises(Failure) as caught:
        spec.load(tmp_path, {})
    where = caught.value.problems[0].where
    assert where is not None
    assert (where.line, where.column, where.source) == (2, 6, "scipy=1")


def test_a_coding_line_is_honoured(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("# -*- coding: gbk -*-\n# 依赖\nnumpy\n".encode("gbk"))
    assert [one.text for one in spec.load(tmp_path, {}).requirements] == ["numpy"]


def test_a_byte_order_mark_before_toml_is_passed_over_and_utf_16_is_named(tmp_path: Path) -> None:
    (tmp_path / "provenv.toml").write_bytes('name = "a"\r\n'.encode("utf-8-sig"))
    assert spec.load(tmp_path, {}).name == "a"
    (tmp_path / "provenv.toml").write_bytes('name = "a"\r\n'.encode("utf-16"))
    assert codes(tmp_path) == ["PV111"]


def test_control_characters_never_reach_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy=\x1b[31m1\n")
    with pytest.raises(Failure) as caught:
        spec.load(tmp_path, {})
    for problem in caught.value.problems:
        assert "\x1b" not in str(problem.what.args)
        assert problem.where is not None
        assert "\x1b" not in str(problem.where.source)


TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "requirements", " = ", "[", "]", "{", "}", '"', "'", ",", "\n", "env", "target", ".", "kind",
                "numpy", "==", "1.0", ";", "python_version", "<", "-r ", "-e ", "./", "${A}", "\\\n",
                " #", "--hash=", "@ https://", "file", "groups", "pyproject.toml", "requirements.txt",
                "provenv.toml", "-c ", "--index-url ",
                "[project]\n", "[tool.provenv]\n", "dependencies", "é", "\t", "\x00",
            ]
        ),
        max_size=25,
    ).map("".join),
)  # fmt: skip


@pytest.mark.parametrize("name", ["provenv.toml", "pyproject.toml", "requirements.txt"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
def test_random_text_gives_a_spec_or_a_failure_and_nothing_else(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "provenv.toml").unlink(missing_ok=True)
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        digest, told = spec.load(tmp_path, {}).digest, "digest"
    except Failure as failure:
        digest, told = "", "".join(problem.severity for problem in failure.problems)
    assert len(digest) == 64 or "error" in told
