"""The page of the show is run: files are written, commands typed, what is shown must come.

The guide itself is run as its notebooks are (test_notebooks.py).
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from loading import load as load_module
from provenv.facts.file import load
from shown_output import assert_said

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = DOCS / "guide"
DIAGNOSIS = {"en": DOCS / "diagnosis.md", "zh": DOCS / "diagnosis.zh-CN.md"}
generator = load_module("make_notebooks_for_pages", DOCS / "make_notebooks.py")


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="the guide shows a machine without a GPU")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_tells_what_happens(language, environment_of_pages, tmp_path):
    folder = tmp_path
    for step in generator.steps(DIAGNOSIS[language].read_text(encoding="utf-8")):
        if isinstance(step, generator.File):
            (folder / step.name).write_text(step.content, encoding="utf-8")
            continue
        where = tmp_path / "where"
        script = f"{step.words}\ncode=$?; pwd > {shlex.quote(str(where))}; exit $code"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env={**environment_of_pages, "PROVENV_LANG": language},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said = done.stdout.decode()
        assert done.returncode == step.code, f"$ {step.words}\n{said}"
        assert_said(step.shown, said, f"$ {step.words}")
        folder = Path(where.read_text().strip())


def test_both_languages_take_the_same_steps():
    english, chinese = (
        [
            (step.words, step.code) if isinstance(step, generator.Command) else step
            for step in generator.steps(path.read_text(encoding="utf-8"))
        ]
        for path in DIAGNOSIS.values()
    )
    assert len(english) > 15
    assert english == chinese


def test_the_machine_of_the_guide_can_be_locked_for():
    facts = load(GUIDE / "gpu01.json")
    assert [gpu.compute_capability for gpu in facts.nvidia.gpus] == ["7.0"]
    assert facts.nvidia.driver == "550.54.14"
    assert facts.pythons[0].version.startswith("3.11")
