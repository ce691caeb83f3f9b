"""`provenv init --from`: the command as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = "name: e\ndependencies:\n  - python=3.10\n  - numpy=1.26\n  - cudatoolkit=11.8\n"


def typed(
    folder: Path, *arguments: str, words: str = "", language: str = "en"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "provenv", "-C", str(folder), *arguments],
        input=words,
        capture_output=True,
        text=True,
        env={**os.environ, "PROVENV_LANG": language, "COLUMNS": "80"},
        check=False,
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_document_lists_what_was_carried_and_what_was_left_out(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(ENVIRONMENT, "utf-8")
    told = document(typed(tmp_path, "init", "--from", str(tmp_path / "environment.yml"), "--json"))
    assert told["ok"]
    carried = {(one["kind"], one["words"], one["where"]) for one in told["data"]["carried"]}
    assert ("python", "3.10", "environment.yml:3") in carried
    assert ("requirement", "numpy==1.26.*", "environment.yml:4") in carried
    left = told["data"]["left_out"]
    assert [(one["words"], one["where"]) for one in left] == [("cudatoolkit=11.8", "environment.yml:5")]
    assert left[0]["why"]["text"]
    assert 'python = "3.10"' in (tmp_path / "provenv.toml").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("language", "words"), [("en", "left out"), ("zh", "未转入")])
def test_what_was_left_out_is_shown(language: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(ENVIRONMENT, "utf-8")
    done = typed(tmp_path, "init", language=language)
    assert done.returncode == 0
    assert words in done.stdout + done.stderr
    assert "cudatoolkit=11.8" in done.stdout + done.stderr


def test_standard_input_is_read(tmp_path: Path) -> None:
    told = document(typed(tmp_path, "init", "--from", "-", "--json", words="rich==13.0\nsix\n"))
    assert [one["words"] for one in told["data"]["carried"]] == ["rich==13.0", "six"]


def test_files_written_beside_it_are_not_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text(
        "[[source]]\nname = 'x'\nurl = 'https://x.example/simple'\n[packages]\nsix = '*'\n", "utf-8"
    )
    beside = tmp_path / "requirements.provenv.txt"
    beside.write_text("mine\n", "utf-8")
    told = document(typed(tmp_path, "init", "--json"))
    assert [one["code"] for one in told["problems"]] == ["PV740"]
    assert beside.read_text("utf-8") == "mine\n"
    assert not (tmp_path / "provenv.toml").exists()
    told = document(typed(tmp_path, "init", "--force", "--json"))
    assert told["data"]["files"] == ["requirements.provenv.txt"]
    assert "--extra-index-url https://x.example/simple" in beside.read_text("utf-8")


@pytest.mark.parametrize("source", ["nowhere.yml", "notes.md", "."])
def test_a_source_that_cannot_be_read_writes_nothing(source: str, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# notes\nsome words here\n", "utf-8")
    done = typed(tmp_path, "init", "--from", str(tmp_path / source))
    if source == ".":
        assert done.returncode == 0
        return
    assert done.returncode == 1
    assert "error[PV15" in done.stderr
    assert not (tmp_path / "provenv.toml").exists()
