"""A rendered .dockerignore says what was chosen: now, and of code that is written later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv import context
from provenv.context.patterns import Patterns, docker_patterns
from provenv.model.image import Context
from provenv.toml_library import tomllib

world = load("context_ignore_world", Path(__file__).with_name("conftest.py"))
CASES = tomllib.loads(Path(__file__).with_name("choice.toml").read_text("utf-8"))["case"]


def covered(text: str, *paths: str) -> list[str]:
    """Return those of the paths that the file's text keeps out."""
    said = Patterns(docker_patterns(text))
    return [one for one in paths if said.covers(one.rstrip("/"), folder=one.endswith("/"))]


@pytest.mark.parametrize("case", [one for one in CASES if "refused" not in one], ids=lambda one: one["name"])
def test_it_says_what_was_chosen(case: Any, lay: Any) -> None:
    contents = {**dict.fromkeys(case["files"], "x\n"), **case.get("text", {}), **case.get("large", {})}
    root = lay(contents, links=case.get("links"), programs=case.get("programs", ()))
    spec = world.spec_of(root, case.get("runs", ()), case.get("prove", ()))
    chosen = context.chosen(root, spec, world.options_of(*case.get("code", ())))
    text = context.ignored(chosen)
    assert covered(text, *chosen.files) == []
    assert covered(text, *chosen.left) == list(chosen.left)


@pytest.fixture
def text(lay: Any) -> str:
    root = lay(
        {
            **dict.fromkeys(
                [
                    *(
                        "train.py",
                        "eval.py",
                        "conf/base.yaml",
                        "src/pkg/a.py",
                        "src/pkg/b.py",
                        "src/pkg/w.pt",
                        "src/pkg/v.idx",
                    ),
                    *("data/load.py", "data/1.csv", "data/2.csv", "data/3.csv", "notes.md", "gen/x.py"),
                    *("we+ird (1)/a.py", "we+ird (1)/1.xyz", "src/pkg/local.py"),
                ],
                "x",
            ),
            ".gitignore": "local*.py\n/gen/\n*.secret\n",
        }
    )
    return context.ignored(context.chosen(root, world.spec_of(root), world.options_of()))


def test_code_that_is_written_later_goes_in(text: str) -> None:
    later = ["new.py", "src/pkg/c.py", "src/new/d.py", "conf/more.yaml", "data/more.py", "we+ird (1)/b.py"]
    assert covered(text, *later) == []


def test_what_is_no_code_stays_out_later_too(text: str) -> None:
    later = [
        *(
            "model.pt",
            "src/pkg/new.safetensors",
            "src/.env",
            "src/pkg/__pycache__/a.pyc",
            "data/4.csv",
            "x.md",
        ),
        *("src/pkg/key.pem", "other/x.py", "src/pkg/local_mine.py", "src/a.secret", "notes/x.ipynb", ".env"),
        *("src/deep/er/.git/config", "src/dump.tar.gz", "data/sub/5.csv"),
    ]
    assert covered(text, *later) == later


def test_a_comment_says_why(text: str) -> None:
    assert text.startswith("# everything stays out")
    assert text.splitlines().index("*") < 4
    assert text.endswith("\n")


def test_the_builds_own_names_are_let_in() -> None:
    text = context.ignored(Context(("a.py",), ""), ["requirements.large.txt", "wheels"])
    assert covered(text, "requirements.large.txt", "wheels/x-1-py3-none-any.whl") == []
    assert covered(text, "requirements.txt") == ["requirements.txt"]
