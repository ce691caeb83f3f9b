"""Patterns of paths: git's as git itself reads them, Docker's as moby/patternmatcher documents them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from provenv.context.patterns import (
    Patterns,
    docker_of,
    docker_patterns,
    docker_quoted,
    git_pattern,
    git_patterns,
)

PATHS = (
    *("a", "b", "ab", "a.py", "b.py", "x/a.py", "x/y/a.py", "x/y/z/b.py", "x/a/b", "a/x/b", "a/b", "a/x/y/b"),
    *(
        "foo",
        "foo/bar",
        "x/foo",
        "x/foo/bar",
        "foobar",
        "foo/bar/baz.log",
        "deep/a b/c",
        "#x",
        "!x",
        "x ",
        "a]b",
    ),
    *(
        "[x]",
        "a*b",
        "a?b",
        "a-b",
        "1",
        "x/1",
        "Z",
        "中文字符/模块.py",
        "back\\slash",
        "a.log",
        "log/a.log",
        "-",
        "^",
    ),
)
GIT = (
    *("*.py", "/*.py", "a", "/a", "a/", "x/", "foo/", "foo/*", "foo/**", "**/foo", "**/foo/bar", "x/**/a.py"),
    *(
        "a/**/b",
        "**/b",
        "**",
        "*",
        "?",
        "??",
        "x/*/a.py",
        "x/?/a.py",
        "/x/a.py",
        "x/a.py",
        "**/",
        "a/**",
        "f**r",
    ),
    *(
        "[ab]",
        "[!ab]",
        "[^ab]",
        "[a-c]b",
        "[]]",
        "a[]]b",
        "[[:digit:]]",
        "[[:alpha:]]*",
        "[a-",
        "[",
        "a[!-]b",
    ),
    *(
        r"\#x",
        r"\!x",
        r"x\ ",
        r"a\*b",
        r"a\?b",
        r"\[x]",
        "#x",
        "a b",
        "deep/a b",
        "deep/a b/",
        "中*",
        "*.log",
    ),
    *(
        "/log/*.log",
        "log/*",
        r"back\\slash",
        "a\\",
        "[!a]/foo",
        "x[/]a",
        "*/foo",
        "*/*.py",
        "[-]",
        "[\\^]",
        "foo/**/",
    ),
)


@pytest.mark.parametrize("pattern", GIT)
def test_git_agrees(pattern: str, tmp_path: Path) -> None:
    """`git check-ignore` says of each path whether the pattern fits it or a folder above it."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".git/info/exclude").write_text(f"{pattern}\n")
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(PATHS).encode() + b"\0",
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    said = {os.fsdecode(one) for one in done.stdout.split(b"\0") if one}
    ours = Patterns(git_patterns([pattern]))
    assert {one for one in PATHS if ours.covers(one)} == said


@pytest.mark.parametrize(
    ("lines", "covered", "not_covered"),
    [
        ("*", ["a", "a/b"], []),
        ("*\n!a", ["b", "b/a"], ["a", "a/b"]),
        ("*\n!a\na/*\n!a/b", ["a/c", "a/c/d"], ["a", "a/b", "a/b/c"]),
        ("a", ["a", "a/b"], ["b/a", "ab"]),
        ("/a/", ["a", "a/b"], ["b/a"]),
        ("a/*", ["a/b", "a/b/c"], ["a"]),
        ("**/a", ["a", "x/a", "x/y/a", "x/a/b"], ["xa", "ax"]),
        ("**/*.py", ["a.py", "x/a.py"], ["a.pyc"]),
        ("a/**", ["a/b", "a/b/c"], ["b"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a", "ab"]),
        ("?", ["a", "a/b"], ["ab"]),
        ("[a-c]", ["b"], ["d"]),
        ("[^a]", ["b"], ["a"]),
        (r"\#a", ["#a"], ["a"]),
        ("#a", [], ["#a", "a"]),
        ("  a  ", ["a"], [" a"]),
        ("./a/../b", ["b"], ["a"]),
        (r"a\*b", ["a*b"], ["axb"]),
        ("! a", [], ["a"]),
        ("\ufeffa", ["a"], []),
    ],
)
def test_docker(lines: str, covered: list[str], not_covered: list[str]) -> None:
    said = Patterns(docker_patterns(lines))
    assert [one for one in (*covered, *not_covered) if said.covers(one)] == covered


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "a b",
        " a",
        "a ",
        "a+b",
        "(a)",
        "{a}|b",
        "[a]",
        "a*",
        "?",
        "#a",
        "!a",
        "a\\b",
        "a\nb",
        "中",
        "$",
        "^",
    ],
)
def test_a_quoted_name_means_itself(name: str) -> None:
    line = docker_quoted(name)
    assert "\n" not in line
    said = Patterns(docker_patterns(line))
    assert said.covers(name)
    assert not any(said.covers(other) for other in ("b", "xab", "acc", f"{name}x", f"x{name}"))


@pytest.mark.parametrize(
    ("line", "folder", "means"),
    [
        ("*.log", "", "**/*.log"),
        ("/build/", "", "build"),
        ("a/b", "", "a/b"),
        ("x", "src", "src/**/x"),
        ("/x", "src/a+b", r"src/a\+b/x"),
        ("[!a]", "", "**/[^a]"),
        ("!keep", "", None),
    ],
)
def test_a_gitignore_in_dockers_words(line: str, folder: str, means: str | None) -> None:
    pattern = git_pattern(line)
    assert pattern is not None
    assert docker_of(pattern, folder) == means
