"""What the shells are told to complete: commands, options, and the project's own names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

DECLARED = """schema = 1
name = "p"
requirements = ["alpha<2"]
[run.train]
command = "python -c pass"
[run.try-it]
command = "true"
[target.box]
kind = "image"
base = "python:3.11-slim"
"""


def completed(tool, *words: str) -> list[str]:
    ended = tool(
        _PROVENV_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(["provenv", *words]),
        COMP_CWORD=str(len(words)),
    )
    assert (ended.code, ended.err) == (0, "")
    return [line.partition(",")[2] for line in ended.out.splitlines() if line]


def test_before_anything_is_built(workplace):
    tool = workplace(DECLARED)
    assert completed(tool, "hist") == ["history"]
    assert completed(tool, "up", "--re") == ["--repair"]
    assert completed(tool, "--on", "") == ["box", "here"]
    assert completed(tool, "up", "--on", "b") == ["box"]
    assert completed(tool, "run", "t") == ["train", "try-it"]
    assert completed(tool, "rollback", "") == []
    assert completed(tool, "prove", "--only", "") == []
    assert completed(tool, "render", "v") == ["vscode"]


def test_what_is_built(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    assert completed(tool, "rollback", "") == ["1"]
    assert completed(tool, "why", "") == completed(tool, "remove", "al") == ["alpha"]
    assert "imports" in completed(tool, "prove", "--only", "")
    folder = tool.root / "deeper"
    folder.mkdir()
    assert completed(tool, "-C", str(folder), "run", "") == ["train", "try-it"]


@pytest.mark.parametrize("content", ["[run", "run = 3\n", "target = [1]\n", "\0", "x" * (1 << 20 | 1)])
def test_a_file_that_somebody_is_still_writing(workplace, content):
    tool = workplace(content)
    assert completed(tool, "run", "") == []


def test_requirements_alone(workplace):
    tool = workplace()
    tool.write("requirements.txt", "alpha\n")
    assert completed(tool, "run", "") == []
    assert completed(tool, "--on", "") == ["here"]


def test_no_project_at_all(workplace):
    assert completed(workplace(), "--on", "") == []


ASK = {
    "bash": "COMP_WORDS=(provenv rollb); COMP_CWORD=1; _provenv_completion provenv; echo ${COMPREPLY[@]}",
    "fish": "complete -C 'provenv rollb'",
}


@pytest.mark.parametrize("shell", ASK)
def test_a_real_shell_completes(workplace, shell, tmp_path):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    tool = workplace(DECLARED)
    script = tool("completion", shell).out
    folder = tmp_path / "programs"
    folder.mkdir()
    started = folder / "provenv"
    started.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m provenv "$@"\n')
    started.chmod(0o755)
    environment = {**tool.environment, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(
        [program, "-c", f"{script}\n{ASK[shell]}"],
        cwd=tool.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.split("\t")[0].strip() == "rollback", ran.stderr
