"""The project whose image is built: one training script, a package of ten modules, torch and scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("torch==2.13.0", "scikit-learn==1.9.1")
MORE = ("einops", "tabulate", "six", "click", "idna", "tqdm", "packaging", "certifi", "toolz")
"""What is added, one at a time: small, without requirements of their own."""
MODULES = 10
CHANGED = 3

TRAIN = """\
import torch
from sklearn.datasets import load_digits

from trainer import {names}

if __name__ == "__main__":
    digits = load_digits()
    print(torch.tensor(digits.data).mean().item(), [one.NAME for one in ({names},)])
"""
MODULE = '''\
"""Part {number} of the training."""

NAME = "part{number}"
{functions}'''
FUNCTION = '''

def step_{step}(values, rate=0.{step:02d}):
    """Return the values moved by one step."""
    moved = [value - rate * value for value in values]
    return [round(value, 6) for value in moved if value == value]
'''
PYPROJECT = """\
[project]
name = "trainer"
version = "1.0"
requires-python = "==3.11.*"
dependencies = {packages}

[tool.uv]
environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]

[[tool.uv.index]]
url = "{index}"
default = true
"""
DECLARED = """\
schema = 1
name = "trainer"
python = "3.11"
requirements = {packages}
accelerator = "cpu"

[mirrors]
pypi = "{index}"

[run.train]
command = "python train.py"

[target.box]
kind = "image"
base = "{base}"
repository = "{repository}"
network = "host"
shm = "1g"
"""


def write_project(folder: Path) -> None:
    """Write the script and the package."""
    (folder / "trainer").mkdir(parents=True)
    names = [f"part{number}" for number in range(MODULES)]
    (folder / "train.py").write_text(TRAIN.format(names=", ".join(names)))
    (folder / "trainer" / "__init__.py").write_text('"""The training."""\n')
    for number, name in enumerate(names):
        (folder / "trainer" / f"{name}.py").write_text(_module(number))


def edit(folder: Path, number: int) -> None:
    """Change one line of one module; another `number` is another change."""
    module = folder / "trainer" / f"part{CHANGED}.py"
    module.write_text(f"{_module(CHANGED)}\n\nCHANGE = {number}\n")


def pyproject(packages: Sequence[str], index: str) -> str:
    """Return what uv is told of the project."""
    return PYPROJECT.format(packages=_listed(packages), index=index)


def declared(packages: Sequence[str], index: str, base: str, repository: str) -> str:
    """Return what provenv is told of it."""
    return DECLARED.format(packages=_listed(packages), index=index, base=base, repository=repository)


def _listed(packages: Sequence[str]) -> str:
    return json.dumps(list(packages))


def _module(number: int) -> str:
    functions = "".join(FUNCTION.format(step=step) for step in range(1, 9))
    return MODULE.format(number=number, functions=functions)
