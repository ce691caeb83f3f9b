"""`init` writes a file that loads, from whatever stands in the folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Text


def words(message: Text) -> str:
    return " ".join([message.key, *(str(value) for value in message.args.values())])


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def notebook(*cells: str) -> str:
    return json.dumps(
        {"cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]}
    )


def made(folder: Path) -> tuple[list[str], list[str], str]:
    """Return the requirements of the written file, the keys of what was found, and the file's text."""
    made = spec.initial(folder, words)
    text, found = made.text, made.found
    (folder / "provenv.toml").write_text(text, "utf-8")
    loaded = spec.load(folder, {})
    (folder / "provenv.toml").unlink()
    return [one.text for one in loaded.requirements], [words(one) for one in found], text


CODE = """\
from __future__ import annotations
import os, sys
import numpy as np, torch.nn as nn
import cv2
from PIL import Image
from sklearn.datasets import load_digits
from google.protobuf import text_format
import helper
from . import sibling
from package.deep import thing
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import pandas
try:
    import wandb
except ImportError:
    wandb = None
def late():
    import yaml
    import weird_thing
"""


def test_imports_become_requirements(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "train.py": CODE,
            "helper.py": "import helper\n",
            "package/__init__.py": "",
            "src/other.py": "import train",
        },
    )
    requirements, found, text = made(tmp_path)
    assert requirements == [
        "numpy",
        "opencv-python-headless",
        "pillow",
        "protobuf",
        "pyyaml",
        "scikit-learn",
        "torch",
    ]
    assert '    # "wandb",  # train.py:15: adopt.note.import_optional wandb' in text
    assert '    # "weird-thing",  # train.py:20: adopt.note.import_unknown weird_thing' in text
    assert '    "scikit-learn",  # train.py:6: adopt.note.import sklearn' in text
    assert "pandas" not in text
    assert found == ["spec.init.found_code 4 0"]
    assert '# command = "python train.py"' in text


def test_opencv_with_windows_is_the_build_that_has_them(tmp_path: Path) -> None:
    write(tmp_path, {"show.py": "import cv2\ncv2.imshow('a', None)\n"})
    requirements, _, text = made(tmp_path)
    assert requirements == ["opencv-python"]
    assert "adopt.note.import_cv2_windows" in text


def test_notebooks_are_read_as_far_as_they_can_be(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.ipynb": notebook(
                "%matplotlib inline\n!pip install 'einops==0.8.0' -q\nimport sklearn\nif True:\n    !ls\n",
                "for x in: broken",
                "%%bash\nimport nothing",
                "import pandas as pd",
            ),
            "broken.ipynb": "{",
            "odd.ipynb": '{"cells": 3}',
            "old.py": "print 'python 2'\n",
            "binary.py": "\x00",
        },
    )
    requirements, found, _ = made(tmp_path)
    assert requirements == ["einops==0.8.0", "pandas", "scikit-learn"]
    broken = {line.split()[1] for line in found if line.startswith("spec.init.found_broken")}
    assert broken == {"broken.ipynb", "odd.ipynb", "old.py", "binary.py"}


@pytest.mark.parametrize("folder", [".hidden", ".venv", "node_modules", "build", "myenv"])
def test_other_peoples_code_is_passed_over(folder: str, tmp_path: Path) -> None:
    write(
        tmp_path, {f"{folder}/x.py": "import pandas\n", "main.py": "import numpy\n", "myenv/pyvenv.cfg": ""}
    )
    assert made(tmp_path)[0] == ["numpy"]


@pytest.mark.parametrize(
    ("files", "line", "expected", "key"),
    [
        (
            {"requirements.txt": "six\n", "x.py": "import numpy"},
            'requirements = { file = "requirements.txt" }',
            ["six"],
            "spec.init.found_requirements requirements.txt",
        ),
        (
            {
                "pyproject.toml": '[project]\nname = "p"\ndependencies = ["six"]\n',
                "requirements.txt": "numpy\n",
            },
            'requirements = { file = "pyproject.toml" }',
            ["six"],
            "spec.init.found_project pyproject.toml",
        ),
        (
            {"pyproject.toml": "[tool.ruff]\n", "x.py": "import weird_one, numpy\n"},
            '    # "weird-one",  # x.py:1: adopt.note.import_unknown weird_one',
            ["numpy"],
            "spec.init.found_code 1 0",
        ),
        (
            {"setup.py": "", "x.py": "import numpy"},
            '    "-e .",  # setup.py:1: adopt.note.setup_unread',
            ["-e .", "numpy"],
            "",
        ),
        ({"environment.yml": ""}, "requirements = []", [], ""),
        (
            {"requirements-dev.txt": "six\n"},
            "requirements = []",
            [],
            "spec.init.found_more requirements-dev.txt",
        ),
        ({}, "requirements = []", [], "spec.init.found_nothing"),
    ],
)
def test_lists_are_referred_to_and_others_named(
    files: dict[str, str], line: str, expected: list[str], key: str, tmp_path: Path
) -> None:
    write(tmp_path, files)
    requirements, found, text = made(tmp_path)
    assert line in text.splitlines()
    assert requirements == expected
    assert not key or key in found


def test_python_is_taken_from_what_pins_it(tmp_path: Path) -> None:
    write(tmp_path, {".python-version": "3.12\n"})
    assert 'python = "3.12"' in made(tmp_path)[2].splitlines()
    write(tmp_path, {".python-version": "system\n"})
    assert '# python = "3.11"' in made(tmp_path)[2].splitlines()


@pytest.mark.parametrize(
    ("name", "written"), [("my project", "my-project"), ("数字", "数字"), ("---", "project")]
)
def test_the_folders_name_becomes_the_projects(name: str, written: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    assert f'name = "{written}"' in made(tmp_path / name)[2].splitlines()


def test_every_commented_line_of_the_file_is_right_when_it_is_uncommented(tmp_path: Path) -> None:
    text = spec.initial(tmp_path, lambda message: "").text
    active = "\n".join(line.removeprefix("# ") for line in text.splitlines() if line.strip() != "#")
    (tmp_path / "provenv.toml").write_text(active)
    found = spec.load(tmp_path, {})
    assert (found.python, found.system, found.passed) == ("3.11", ("libgl1",), ("HF_TOKEN",))
    assert set(found.runs) == {"train"}
    assert set(found.prove) == {"smoke"}
