"""`init --from`: what each format becomes, what is named as left out, and that the written file loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Failure, Text
from provenv.model.adopted import Initial


def words(message: Text) -> str:
    return " ".join([message.key, *(str(value) for value in message.args.values())])


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


def adopt(folder: Path, source: str | None, content: str | None = None) -> tuple[Initial, object]:
    """Return what was made of a source, and the Spec that the written files load as."""
    named = source if source in (None, "-") else str(folder / source)
    made = spec.initial(folder, words, named, content)
    write(folder, {"provenv.toml": made.text, **made.files})
    return made, spec.load(folder, {})


@dataclass(frozen=True)
class Case:
    """A source's files, which of them is named, and what has to come of it."""

    files: dict[str, str]
    source: str | None
    requirements: list[str]
    python: str | None = None
    left_out: list[str] = field(default_factory=list)
    system: tuple[str, ...] = ()
    suggestions: list[str] | None = None
    variables: dict[str, str] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    runs: dict[str, str] = field(default_factory=dict)
    mirror: str | None = None
    extra_indexes: tuple[str, ...] = ()
    constraints: list[str] = field(default_factory=list)
    accelerator: str = "auto"
    name: str | None = None


CONDA = """\
name: ldm
channels: [pytorch, "https://repo.example/conda"]
dependencies:
  - python=3.8.5
  - pip=20.3
  - cudatoolkit=11.3   # the toolkit
  - pytorch::pytorch=1.11.0
  - torchvision=0.12.0=py38_cu113
  - opencv=4.5
  - "numpy>=1.19,<1.20"
  - scipy >=1.5,<1.8
  - pandas=1.3.*
  - tensorflow[version='>=2.4,<2.5']
  - odd=1|2
  - git
  - ffmpeg
  - r-base
  - libpng=1.6
  - weird thing here now
  - pip:
    - -e git+https://github.com/openai/CLIP.git@main#egg=clip
    - -r more.txt
    - sklearn
    - torch==1.11.0+cu113
    - --extra-index-url https://download.pytorch.org/whl/cu113
    - --find-links https://wheels.example/x
  - conda-only:
    - nothing
variables:
  OMP_NUM_THREADS: "4"
  HF_TOKEN: hf_abcdef
  PATH: /somewhere
prefix: /home/somebody/x
"""

POETRY = """\
[tool.poetry]
name = "thing"
version = "0.1.0"
description = ""
[tool.poetry.dependencies]
python = "^3.9"
torch = {version = "^2.1", source = "torch-cpu"}
numpy = "~1.26"
scipy = "1.*"
odd = "^1.0 || ^3.0"
zero = "^0.0.3"
lightning = {git = "https://github.com/Lightning-AI/lightning.git", tag = "2.1.0", subdirectory = "src"}
local = {path = "sub", develop = true}
tensorboard = {version = "*", optional = true}
pywin32 = {version = "*", platform = "win32"}
dataclasses = {version = "0.8", python = "<3.7"}
multi = [{version = "1.0", python = "<3.10"}, {version = "^2", python = ">=3.10"}]
pillow = {version = "^10", extras = ["a", "b"]}
[tool.poetry.extras]
viz = ["tensorboard"]
[tool.poetry.group.dev.dependencies]
pytest = "^7"
[[tool.poetry.source]]
name = "torch-cpu"
url = "https://download.pytorch.org/whl/cpu"
priority = "explicit"
[[tool.poetry.source]]
name = "mine"
url = "https://mirror.example/simple"
priority = "primary"
[tool.poetry.plugins]
x = "y"
"""

PIPFILE = """\
[[source]]
url = "https://private.example/simple"
name = "private"
verify_ssl = true
[packages]
requests = {extras = ["socks"], version = ">=2.0"}
flask = "==2.0.1"
numpy = "*"
clip = {git = "https://github.com/openai/CLIP.git", ref = "main"}
here = {path = ".", editable = true}
old = {version = "*", markers = "python_version < '3.9'"}
[dev-packages]
pytest = "*"
[requires]
python_version = "3.8"
[scripts]
train = "python train.py --lr 0.1"
[pipenv]
allow_prereleases = true
"""

UV = """\
[project]
name = "uvthing"
requires-python = ">=3.10"
dependencies = ["torch>=2.4", "mylib", "gitlib[extra]; sys_platform == 'linux'", "plain==1.0", "member"]
[project.optional-dependencies]
train = ["wandb"]
[dependency-groups]
dev = ["pytest", {include-group = "lint"}]
lint = ["ruff"]
[tool.uv]
constraint-dependencies = ["numpy<2"]
override-dependencies = ["x==1"]
[tool.uv.sources]
torch = { index = "pytorch-cpu" }
mylib = { path = "sub", editable = true }
gitlib = { git = "https://github.com/a/gitlib", rev = "abc123" }
member = { workspace = true }
[[tool.uv.index]]
name = "pytorch-cpu"
url = "https://download.pytorch.org/whl/cpu"
[[tool.uv.index]]
name = "company"
url = "https://packages.example/simple"
"""

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG CUDA=12.1.1
FROM node:18 AS web
RUN npm ci
FROM nvidia/cuda:${CUDA}-cudnn8-devel-ubuntu22.04 AS base
ENV DEBIAN_FRONTEND=noninteractive \\
    HF_HOME=/data/hf OMP_NUM_THREADS="4"
ENV WANDB_API_KEY=abc123
RUN --mount=type=cache,target=/root/.cache \\
    apt-get update && apt-get install -y --no-install-recommends \\
    # a comment inside
    git libgl1 libglib2.0-0=2.72* python3-pip ca-certificates \\
    && rm -rf /var/lib/apt/lists/*
FROM base
WORKDIR /app
COPY --from=web /dist ./dist
COPY sub/list.txt /tmp/list.txt
RUN pip config set global.index-url https://mirror.example/simple
RUN python3 -m pip install -U pip && pip3 install torch==2.1.0 \\
      --index-url https://download.pytorch.org/whl/cu121 -r /tmp/list.txt 'numpy<2' transformers>=4.30
RUN git clone -b v2.3.3 https://github.com/Dao-AILab/flash-attention && cd flash-attention && pip install .
RUN git clone https://github.com/a/data
RUN <<EOF
pip install einops
curl -sSL https://x.example/install.sh -o x
EOF
RUN ["pip", "install", "tqdm"]
RUN apk add gcc
COPY . .
RUN pip install -e .
EXPOSE 8000
ENTRYPOINT ["python", "-m", "thing"]
CMD ["--port", "8000"]
"""

DEVCONTAINER = """\
// for editors
{
  "image": "mcr.microsoft.com/devcontainers/python:1-3.11-bookworm", /* the image */
  "features": {
    "ghcr.io/devcontainers/features/nvidia-cuda:1": {"cudaVersion": "12.2"},
    "ghcr.io/devcontainers/features/docker-in-docker:2": {},
    "ghcr.io/x/apt-packages:1": {"packages": "ffmpeg,libsndfile1"},
  },
  "containerEnv": {"A": "http://x//y", "HF_TOKEN": "${localEnv:HF_TOKEN}", "B": "${localEnv:HERE}"},
  "postCreateCommand": {"a": "pip install -r sub/list.txt", "b": ["pip", "install", "jax"]},
  "customizations": {"vscode": {"extensions": ["ms-python.python"]}},
}
"""

SETUP = """\
import os
from setuptools import setup, find_packages
BASE = ["numpy>=1.20"]
BASE += ["pandas"]
EXTRAS = {"dev": ["pytest"]}
with open(os.path.join(os.path.dirname(__file__), "requirements.txt")) as f:
    listed = f.read().splitlines()
setup(name="s", python_requires=">=3.9", install_requires=BASE + listed, extras_require=EXTRAS)
"""

SCRIPT = """\
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#   "rich",
# ]
# ///
import requests
"""

PACKAGE = {
    "setup.py": "from setuptools import setup\nsetup(name='x')\n",
    "sub/pyproject.toml": "[project]\nname = 'sub'\n",
}

CASES = {
    "conda": Case(
        {"environment.yml": CONDA, "more.txt": "rich>=10\n"},
        "environment.yml",
        [
            "torch==1.11.0",
            "torchvision==0.12.0",
            "opencv-python==4.5.*",
            "numpy>=1.19,<1.20",
            "scipy>=1.5,<1.8",
            "pandas==1.3.*",
            "tensorflow>=2.4,<2.5",
            "odd",
            "clip @ git+https://github.com/openai/CLIP.git@main",
            "rich>=10",
            "scikit-learn",
        ],
        python="3.8",
        left_out=[
            "https://repo.example/conda",
            "pip=20.3",
            "cudatoolkit=11.3",
            "r-base",
            "libpng=1.6",
            "weird thing here now",
            "https://download.pytorch.org/whl/cu113",
            "nothing",
            "HF_TOKEN",
            "PATH=/somewhere",
        ],
        system=("git", "ffmpeg"),
        variables={"OMP_NUM_THREADS": "4"},
        passed=("HF_TOKEN",),
        name="ldm",
    ),
    "conda for the CPU": Case(
        {"environment.yaml": "dependencies: [python=3.10, pytorch, cpuonly]\n"},
        "environment.yaml",
        ["torch"],
        python="3.10",
        accelerator="cpu",
    ),
    "conda env export": Case(
        {
            "e.yml": "dependencies:\n"
            "  - _libgcc_mutex=0.1=main\n  - numpy=1.21.2=py38_0\n  - python=3.8.12=h1\n  - six=1.16.0=py_0\n"
            "  - openssl=1.1.1l=h_0\n  - unheardof=1.2=3\n  - pip:\n    - nvidia-cublas-cu11==11.1\n"
        },
        "e.yml",
        ["numpy==1.21.2", "six==1.16.0"],
        python="3.8",
        suggestions=["unheardof==1.2"],
        left_out=["_libgcc_mutex=0.1=main", "openssl=1.1.1l=h_0", "nvidia-cublas-cu11==11.1"],
    ),
    "conda list --export": Case(
        {"list.txt": "# platform: linux-64\nnumpy=1.21.2=py38_0\npytorch=1.10.0=py3\npython=3.8.12=h\n"},
        "list.txt",
        ["numpy==1.21.2", "torch==1.10.0"],
        python="3.8",
    ),
    "conda list --explicit": Case(
        {
            "list.txt": "@EXPLICIT\nhttps://c.example/linux-64/numpy-1.21.2-py38h20_0.conda#abc\n"
            "https://c.example/linux-64/pytorch-1.10.1-py3.8_cuda11.3.tar.bz2\nhttps://c.example/odd\n"
        },
        "list.txt",
        ["numpy==1.21.2", "torch==1.10.1"],
        python="3.9",
        left_out=["https://c.example/odd"],
    ),
    "Poetry": Case(
        {"pyproject.toml": POETRY, **PACKAGE},
        "pyproject.toml",
        [
            "torch>=2.1,<3",
            "numpy>=1.26,<1.27",
            "scipy==1.*",
            "odd",
            "zero>=0.0.3,<0.0.4",
            "lightning @ git+https://github.com/Lightning-AI/lightning.git@2.1.0#subdirectory=src",
            "-e ./sub",
            'pywin32 ; sys_platform == "win32"',
            'dataclasses==0.8 ; python_version < "3.7"',
            'multi==1.0 ; python_version < "3.10"',
            'multi>=2,<3 ; python_version >= "3.10"',
            "pillow[a,b]>=10,<11",
        ],
        python="3.12",
        suggestions=["tensorboard", "pytest>=7,<8"],
        mirror="https://mirror.example/simple",
        left_out=["https://download.pytorch.org/whl/cpu", "tool.poetry.plugins"],
        name="thing",
    ),
    "Pipfile": Case(
        {"Pipfile": PIPFILE, **PACKAGE},
        "Pipfile",
        [
            "requests[socks]>=2.0",
            "flask==2.0.1",
            "numpy",
            "clip @ git+https://github.com/openai/CLIP.git@main",
            "-e .",
            'old ; python_version < "3.9"',
        ],
        python="3.8",
        suggestions=["pytest"],
        runs={"train": "python train.py --lr 0.1"},
        extra_indexes=("https://private.example/simple",),
        left_out=["[pipenv]"],
    ),
    "Pipfile.lock": Case(
        {
            "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.9"}, "sources": '
            '[{"name": "pypi", "url": "https://x.example"}]},\n'
            '"default": {"numpy": {"version": "==1.26.4", "hashes": []},\n'
            ' "torch": {"version": "==2.1.0+cu121"}, "nvidia-nccl-cu12": {"version": "==2.18"}},\n'
            '"develop": {"pytest": {"version": "==8"}}}\n'
        },
        "Pipfile.lock",
        ["numpy==1.26.4", "torch==2.1.0"],
        python="3.9",
        left_out=["nvidia-nccl-cu12==2.18", "develop"],
    ),
    "uv with sources": Case(
        {"pyproject.toml": UV, **PACKAGE},
        "pyproject.toml",
        [
            "torch>=2.4",
            "-e ./sub",
            'gitlib[extra] @ git+https://github.com/a/gitlib@abc123 ; sys_platform == "linux"',
            "plain==1.0",
        ],
        python=">=3.10",
        suggestions=["wandb", "pytest", "ruff"],
        extra_indexes=("https://packages.example/simple",),
        constraints=["numpy<2"],
        left_out=[
            "member",
            "{'include-group': 'lint'}",
            "https://download.pytorch.org/whl/cpu",
            "tool.uv.override-dependencies",
        ],
        name="uvthing",
    ),
    "a project that is read natively": Case(
        {"pyproject.toml": "[project]\nname = 'p'\nrequires-python = '>=3.10'\ndependencies = ['six']\n"},
        "pyproject.toml",
        ["six"],
        python=">=3.10",
        name="p",
    ),
    "PDM": Case(
        {
            "pyproject.toml": "[project]\nname = 'p'\ndependencies = ['six']\n"
            "[tool.pdm.dev-dependencies]\ntest = ['pytest']\n[tool.pdm.scripts]\ngo = 'python go.py'\n"
            "[[tool.pdm.source]]\nname = 'pypi'\nurl = 'https://mirror.example/simple'\n"
        },
        "pyproject.toml",
        ["six"],
        suggestions=["pytest"],
        runs={"go": "python go.py"},
        mirror="https://mirror.example/simple",
    ),
    "Dockerfile": Case(
        {"docker/Dockerfile.gpu": DOCKERFILE, "sub/list.txt": "rich>=10\n", **PACKAGE},
        "docker/Dockerfile.gpu",
        [
            "torch==2.1.0",
            "rich>=10",
            "numpy<2",
            "transformers>=4.30",
            "git+https://github.com/Dao-AILab/flash-attention@v2.3.3",
            "einops",
            "tqdm",
            "-e .",
        ],
        python="3.10",
        system=("git", "libgl1", "libglib2.0-0"),
        variables={"HF_HOME": "/data/hf", "OMP_NUM_THREADS": "4"},
        passed=("WANDB_API_KEY",),
        mirror="https://mirror.example/simple",
        runs={"start": "python -m thing --port 8000"},
        left_out=[
            "DEBIAN_FRONTEND=noninteractive",
            "WANDB_API_KEY",
            "python3-pip",
            "ca-certificates",
            "COPY --from=web /dist ./dist",
            "pip",
            "https://download.pytorch.org/whl/cu121",
            "curl -sSL https://x.example/install.sh -o x",
            "apk add gcc",
            "git clone https://github.com/a/data",
        ],
    ),
    "an image with a framework": Case(
        {"Dockerfile": "FROM pytorch/pytorch:1.7.1-cuda11.0-cudnn8-runtime\nRUN pip install tqdm\n"},
        "Dockerfile",
        ["torch==1.7.1", "tqdm"],
        python="3.9",
    ),
    "an image of Python's": Case(
        {"Containerfile": "FROM docker.io/library/python:3.12-slim\nRUN uv pip install --system jax\n"},
        "Containerfile",
        ["jax"],
        python="3.12",
    ),
    "devcontainer": Case(
        {".devcontainer/devcontainer.json": DEVCONTAINER, "sub/list.txt": "rich\n"},
        ".devcontainer/devcontainer.json",
        ["rich", "jax"],
        python="3.11",
        system=("ffmpeg", "libsndfile1"),
        variables={"A": "http://x//y"},
        passed=("HF_TOKEN", "HERE"),
        left_out=["ghcr.io/devcontainers/features/docker-in-docker:2"],
    ),
    "devcontainer with a Dockerfile": Case(
        {
            ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "Dockerfile"}}',
            ".devcontainer/Dockerfile": "FROM python:3.11\nRUN pip install numpy\n",
        },
        ".devcontainer/devcontainer.json",
        ["numpy"],
        python="3.11",
    ),
    "setup.py": Case(
        {"setup.py": SETUP, "requirements.txt": "six\n"},
        "setup.py",
        ["numpy>=1.20", "pandas", "six", "-e ."],
        python=">=3.9",
        suggestions=["pytest"],
        name="s",
    ),
    "setup.py that has to be run": Case(
        {"setup.py": "from setuptools import setup\nsetup(name='x', install_requires=compute())\n"},
        "setup.py",
        ["-e ."],
    ),
    "setup.py that builds extensions": Case(
        {"setup.py": "import torch\nfrom setuptools import setup\nsetup(install_requires=['six'])\n"},
        "setup.py",
        ["six"],
        suggestions=["-e ."],
    ),
    "setup.py with a function that reads a list": Case(
        {
            "setup.py": "from setuptools import setup\n"
            "def fetch(path):\n    with open(path) as f:\n        return [x.strip() for x in f]\n"
            "setup(install_requires=fetch('lists/all.txt'))\n",
            "lists/all.txt": "einops\n",
        },
        "setup.py",
        ["einops", "-e ."],
    ),
    "setup.cfg": Case(
        {
            "setup.cfg": "[metadata]\nname = sc\n[options]\npython_requires = >=3.9\ninstall_requires =\n"
            "    numpy>=1.20\n    six; python_version<'4'\n[options.extras_require]\ndev =\n    pytest\n",
            "setup.py": "from setuptools import setup\nsetup()\n",
        },
        "setup.cfg",
        ["numpy>=1.20", "six; python_version<'4'", "-e ."],
        python=">=3.9",
        suggestions=["pytest"],
        name="sc",
    ),
    "a list that can be used as it stands": Case(
        {"reqs/base.txt": "six\n-r more.txt\n", "reqs/more.txt": "rich\n"}, "reqs/base.txt", ["six", "rich"]
    ),
    "a list for one accelerator": Case(
        {
            "requirements.txt": "--extra-index-url https://download.pytorch.org/whl/cu117\n"
            "--extra-index-url https://packages.example/simple\ntorch==2.0.0\n"
        },
        "requirements.txt",
        ["torch==2.0.0"],
        python="3.11",
        extra_indexes=("https://packages.example/simple",),
        left_out=["https://download.pytorch.org/whl/cu117"],
    ),
    "a list that has to be put right": Case(
        {
            "requirements.txt": "numpy==1.19.5\nsklearn\ntensorflow-gpu==2.4.0\npandas=1.1\napex\n"
            "-e git+https://github.com/x/y.git#egg=why\ncudatoolkit=11.3\n./nothere\npip==20\n"
            f"--trusted-host x.example\nrich --hash=sha256:{'0' * 64} --config-settings=a=b\n"
        },
        "requirements.txt",
        [
            "numpy==1.19.5",
            "scikit-learn",
            "tensorflow==2.4.0",
            "pandas==1.1",
            "why @ git+https://github.com/x/y.git",
            "rich",
        ],
        python="3.8",
        suggestions=["apex @ git+https://github.com/NVIDIA/apex.git"],
        left_out=[
            "cudatoolkit==11.3",
            "./nothere",
            "pip==20",
            "--trusted-host x.example",
            "--config-settings=a=b",
        ],
    ),
    "a script's own list": Case({"run.py": SCRIPT}, "run.py", ["requests<3", "rich"], python=">=3.11"),
    "a script's imports": Case(
        {"a.py": "import yaml, helper\n", "helper.py": "import cv2\n"}, "a.py", ["pyyaml"]
    ),
    "runtime.txt": Case({"runtime.txt": "python-3.10.4\n"}, "runtime.txt", [], python="3.10"),
    ".python-version": Case({".python-version": "3.12\n"}, ".python-version", [], python="3.12"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_source_becomes_a_declared_file_that_loads(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    write(tmp_path, case.files)
    made, loaded = adopt(tmp_path, case.source)
    assert [one.text for one in loaded.requirements] == case.requirements
    assert loaded.python == case.python
    assert loaded.system == case.system
    assert dict(loaded.variables) == case.variables
    assert loaded.passed == case.passed
    assert {key: run.command for key, run in loaded.runs.items()} == case.runs
    assert loaded.mirrors.pypi == case.mirror
    assert loaded.indexes.extra_index_urls == case.extra_indexes
    assert [one.text for one in loaded.constraints] == case.constraints
    assert loaded.accelerator == case.accelerator
    if case.name is not None:
        assert loaded.name == case.name
    assert [one.words for one in made.left_out] == case.left_out
    if case.suggestions is not None:
        assert [one.words for one in made.carried if one.kind == "suggestion"] == case.suggestions


@pytest.mark.parametrize("name", CASES)
def test_everything_has_its_place_and_what_is_left_out_stands_in_the_file(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    write(tmp_path, case.files)
    made = spec.initial(tmp_path, words, str(tmp_path / str(case.source)))
    for one in (*made.carried, *made.left_out):
        file, _, line = one.where.rpartition(":") if ":" in one.where else (one.where, "", "1")
        assert (tmp_path / file).exists()
        assert int(line) <= len((tmp_path / file).read_text("utf-8").splitlines())
    for one in made.left_out:
        assert f"#     {one.words}  ({one.where})" in made.text.splitlines()


@pytest.mark.parametrize("secret", ["hf_abcdef", "abc123"])
def test_a_secrets_value_is_nowhere_in_what_is_written(secret: str, tmp_path: Path) -> None:
    write(tmp_path, {"environment.yml": CONDA, "Dockerfile": DOCKERFILE, "more.txt": ""})
    for source in ("environment.yml", "Dockerfile"):
        made = spec.initial(tmp_path, words, str(tmp_path / source))
        assert secret not in made.text + "".join(made.files.values()) + repr(made)


def test_a_password_in_an_index_is_left_out_and_masked(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"Dockerfile": "FROM python:3.12\nRUN pip install -i https://me:hunter2@x.example/simple six\n"},
    )
    made, loaded = adopt(tmp_path, "Dockerfile")
    assert [one.why.key for one in made.left_out] == ["adopt.left.secret_url"]
    assert "hunter2" not in repr(made)
    assert loaded.mirrors.pypi is None


def test_the_default_index_by_name_is_not_carried_over(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"Pipfile": "[[source]]\nname = 'pypi'\nurl = 'https://pypi.abc/simple'\n[packages]\nsix = '*'\n"},
    )
    made, loaded = adopt(tmp_path, "Pipfile")
    assert loaded.mirrors.pypi is None
    assert made.files == {}
    assert made.left_out == ()


def test_pip_freeze_is_read_from_standard_input(tmp_path: Path) -> None:
    lines = [f"package{number}==1.{number}" for number in range(20)]
    frozen = "\n".join(
        [
            *lines,
            "torch==2.1.0+cu121",
            "nvidia-cublas-cu12==12.1",
            "wheel==0.4",
            "odd @ file:///croot/odd/work",
        ]
    )
    made, loaded = adopt(tmp_path, "-", frozen)
    assert [one.text for one in loaded.requirements] == [*lines, "torch==2.1.0", "odd"]
    assert loaded.python == "3.11"
    assert [one.words for one in made.left_out] == ["nvidia-cublas-cu12==12.1", "wheel==0.4"]
    assert made.source == "-"


@pytest.mark.parametrize(
    ("content", "requirements"),
    [
        ("FROM python:3.12\nRUN pip install six\n", ["six"]),
        ("name: x\ndependencies:\n  - six\n", ["six"]),
        ("[packages]\nsix = '*'\n", ["six"]),
        ("[project]\nname = 'p'\n[tool.poetry]\n", []),
        (SCRIPT, ["requests<3", "rich"]),
        ("six\nrich>=10\n", ["six", "rich>=10"]),
    ],
)
def test_the_kind_of_standard_input_is_told_by_its_content(
    content: str, requirements: list[str], tmp_path: Path
) -> None:
    made = spec.initial(tmp_path, words, "-", content)
    assert [one.words for one in made.carried if one.kind == "requirement"] == requirements


@pytest.mark.parametrize(
    ("files", "source", "code", "line"),
    [
        ({}, "nowhere", "PV153", None),
        ({"notes.md": "# some words\nand more of them\n"}, "notes.md", "PV150", None),
        ({"deployment.yaml": "kind: Deployment\n"}, "deployment.yaml", "PV150", None),
        ({"compose.yaml": "services:\n"}, "compose.yaml", "PV152", 1),
        ({"compose.yaml": "services:\n  x: &x\n    image: a\n"}, "compose.yaml", "PV152", 2),
        ({"uv.lock": "version = 1\n"}, "uv.lock", "PV151", None),
        ({"pylock.x.toml": ""}, "pylock.x.toml", "PV151", None),
        ({"environment.yml": "dependencies:\n  - a\n :\n"}, "environment.yml", "PV152", 3),
        ({"environment.yml": "dependencies: &x\n  - a\n"}, "environment.yml", "PV152", 1),
        ({"Dockerfile": "ARG X=1\n"}, "Dockerfile", "PV152", 1),
        ({"devcontainer.json": '{\n  "image": \n}'}, "devcontainer.json", "PV152", 3),
        ({"devcontainer.json": "[]"}, "devcontainer.json", "PV152", 1),
        ({"Pipfile.lock": "{"}, "Pipfile.lock", "PV152", 1),
        ({"setup.cfg": "[metadata\n"}, "setup.cfg", "PV152", 1),
        ({"pyproject.toml": "[tool.ruff]\n"}, "pyproject.toml", "PV152", None),
        ({"pyproject.toml": "[project\n"}, "pyproject.toml", "PV106", 1),
        ({"Pipfile": "[packages]\nx = \n"}, "Pipfile", "PV106", 2),
        ({"s.py": "# /// script\n# dependencies = [\n# ///\n"}, "s.py", "PV152", 2),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    files: dict[str, str], source: str, code: str, line: int | None, tmp_path: Path
) -> None:
    write(tmp_path, files)
    with pytest.raises(Failure) as failed:
        spec.initial(tmp_path, words, str(tmp_path / source))
    first = failed.value.problems[0]
    assert first.code == code
    assert first.where is not None
    assert first.where.line == line


@pytest.mark.parametrize(
    "name",
    ["environment.yml", "Dockerfile", "setup.py", "requirements.txt", "x.ipynb", "Pipfile", "compose.yaml"],
)
@pytest.mark.parametrize(
    "content", [b"\x00\xff\xfe", b"a" * (1 << 20) + b"bc", b"\xef\xbb\xbf" + b"{" * 50_000, b""]
)
def test_hostile_content_never_ends_in_a_traceback(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    try:
        told = spec.initial(tmp_path, words, str(tmp_path / name)).text
    except Failure as failure:
        told = failure.problems[0].code
    codes = ("PV108", "PV110", "PV111", "PV150", "PV152", "PV106", "PV112")
    assert told in codes or "schema = 1" in told
