"""`init` without a source: which of a folder's files leads, which Python is meant, what else is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Text


def words(message: Text) -> str:
    return " ".join([message.key, *(str(value) for value in message.args.values())])


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


ENVIRONMENT = "name: e\ndependencies: [python=3.9, numpy]\n"
SETUP = "from setuptools import setup\nsetup(name='s', python_requires='>=3.8', install_requires=['six'])\n"


@pytest.mark.parametrize(
    ("files", "requirements", "python", "told"),
    [
        ({"environment.yml": ENVIRONMENT}, ["numpy"], "3.9", []),
        (
            {"requirements.txt": "six\n", "environment.yml": ENVIRONMENT},
            ["six"],
            "3.9",
            ["spec.init.found_python environment.yml 3.9", "adopt.found.other environment.yml"],
        ),
        (
            {"requirements.txt": "torch==1.7.1\n"},
            ["torch==1.7.1"],
            "3.9",
            ["spec.init.found_requirements requirements.txt"],
        ),
        (
            {"requirements.txt": "torch==1.7.1\n", ".python-version": "3.8\n"},
            ["torch==1.7.1"],
            "3.8",
            ["spec.init.found_python .python-version 3.8"],
        ),
        (
            {"requirements.txt": "six\n", "setup.py": SETUP},
            ["six"],
            ">=3.8",
            ["spec.init.found_python setup.py >=3.8"],
        ),
        ({"setup.py": SETUP}, ["six", "-e ."], ">=3.8", []),
        ({"setup.py": SETUP, "environment.yml": ENVIRONMENT}, ["numpy"], "3.9", []),
        (
            {
                "setup.py": "from setuptools import setup\nsetup()",
                "setup.cfg": "[options]\ninstall_requires = rich\n",
            },
            ["rich", "-e ."],
            None,
            [],
        ),
        (
            {"Pipfile": "[packages]\nsix = '*'\n", "uv.lock": ""},
            ["six"],
            None,
            ["spec.init.found_lock uv.lock"],
        ),
        (
            {"requirements/base.txt": "six\n", "requirements/dev.txt": "x\n"},
            ["six"],
            None,
            ["spec.init.found_more requirements/dev.txt"],
        ),
        (
            {"inference/requirements.txt": "six\n"},
            ["six"],
            None,
            ["spec.init.found_requirements inference/requirements.txt"],
        ),
        (
            {"a/requirements.txt": "six\n", "b/requirements.txt": "six\n"},
            [],
            None,
            ["spec.init.found_more a/requirements.txt"],
        ),
        (
            {"pyproject.toml": "[tool.poetry]\nname = 'p'\n[tool.poetry.dependencies]\nsix = '^1'\n"},
            ["six>=1,<2"],
            None,
            [],
        ),
        ({"pyproject.toml": "[build-system]\nrequires = []\n", "sub/x.py": ""}, ["-e ."], None, []),
        (
            {"pyproject.toml": "[build-system]\nrequires = []\n", "requirements.txt": "six\n"},
            ["six"],
            None,
            [],
        ),
        ({"requirements.txt": "sklearn\n"}, ["scikit-learn"], None, []),
        ({"environment.yml": "a:\n\t- b\n", "Pipfile": "[packages]\nsix = '*'\n"}, ["six"], None, []),
        ({"Dockerfile": "FROM python:3.9\n"}, [], None, ["adopt.found.other Dockerfile"]),
    ],
)
def test_which_file_leads(
    files: dict[str, str], requirements: list[str], python: str | None, told: list[str], tmp_path: Path
) -> None:
    write(tmp_path, files)
    made = spec.initial(tmp_path, words)
    write(tmp_path, {"provenv.toml": made.text, **made.files})
    loaded = spec.load(tmp_path, {})
    assert [one.text for one in loaded.requirements] == requirements
    assert loaded.python == python
    found = [words(one) for one in made.found]
    assert [one for one in told if one not in found] == []


def test_a_project_that_is_read_natively_can_be_narrowed_by_its_pins(tmp_path: Path) -> None:
    project = "[project]\nname = 'p'\nrequires-python = '>=3.8'\ndependencies = ['torch==1.13.1']\n"
    write(tmp_path, {"pyproject.toml": project})
    assert 'python = "3.11"' in spec.initial(tmp_path, words).text.splitlines()
    write(tmp_path, {"pyproject.toml": project.replace("==1.13.1", ">=1.13.1")})
    assert '# python = "3.11"' in spec.initial(tmp_path, words).text.splitlines()


def test_groups_and_extras_are_named_with_the_line_that_adds_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": "[project]\nname = 'p'\n[project.optional-dependencies]\nviz = []\n"
            "[dependency-groups]\ndev = []\n"
        },
    )
    lines = spec.initial(tmp_path, words).text.splitlines()
    assert '# requirements = { file = "pyproject.toml", groups = ["dev"], extras = ["viz"] }' in lines


def test_another_folder_is_adopted_with_paths_from_here(tmp_path: Path) -> None:
    write(tmp_path, {"project/requirements.txt": "six\n", "here/x.py": ""})
    made = spec.initial(tmp_path / "here", words, str(tmp_path / "project"))
    assert [one.words for one in made.carried] == ["six"]
    assert made.source == "../project"


def distribution(site: Path, name: str, version: str, requires: tuple[str, ...] = (), **files: str) -> None:
    info = site / f"{name}-{version}.dist-info"
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    write(info, {"METADATA": "\n".join(lines) + "\n", **files})


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a virtual environment's folder with what pip leaves in one."""
    site = tmp_path / "venv" / "lib" / "python3.10" / "site-packages"
    write(tmp_path, {"venv/pyvenv.cfg": "home = /x\nversion = 3.10.4\n", "local/pyproject.toml": ""})
    here = (tmp_path / "local").as_uri()
    distribution(
        site,
        "torch",
        "2.1.0+cu121",
        ("sympy", "nvidia-nccl-cu12==2.18 ; platform_system == 'Linux'", "x; extra == 'y'"),
    )
    distribution(site, "sympy", "1.12", ("mpmath",))
    distribution(site, "mpmath", "1.3")
    distribution(site, "nvidia-nccl-cu12", "2.18")
    distribution(site, "rich", "13.0")
    distribution(site, "pip", "23.0")
    distribution(
        site, "local", "1", **{"direct_url.json": json.dumps({"url": here, "dir_info": {"editable": True}})}
    )
    distribution(
        site,
        "away",
        "1",
        **{"direct_url.json": json.dumps({"url": "file:///elsewhere/away", "dir_info": {}})},
    )
    vcs = {"url": "https://github.com/a/cloned", "vcs_info": {"vcs": "git", "commit_id": "abc"}}
    distribution(site, "cloned", "1", **{"direct_url.json": json.dumps(vcs)})
    write(site / "broken-1.dist-info", {"METADATA": "nothing\n"})
    return tmp_path / "venv"


def test_a_virtual_environment_is_its_leaves_and_bounds_the_rest(environment: Path, tmp_path: Path) -> None:
    made = spec.initial(tmp_path, words, str(environment))
    write(tmp_path, {"provenv.toml": made.text, **made.files})
    loaded = spec.load(tmp_path, {})
    assert loaded.python == "3.10"
    assert [one.text for one in loaded.requirements] == [
        "cloned @ git+https://github.com/a/cloned@abc",
        "-e ./local",
        "rich==13.0",
        "torch==2.1.0",
    ]
    assert [one.text for one in loaded.constraints] == ["mpmath==1.3", "sympy==1.12"]
    assert [(one.words, one.why.key) for one in made.left_out] == [
        ("away @ file:///elsewhere/away", "adopt.left.outside"),
        ("pip==23.0", "adopt.left.installer"),
    ]


def test_what_was_asked_for_by_name_leads_where_the_installer_noted_it(
    environment: Path, tmp_path: Path
) -> None:
    site = environment / "lib" / "python3.10" / "site-packages"
    write(site, {"sympy-1.12.dist-info/REQUESTED": ""})
    made = spec.initial(tmp_path, words, str(environment))
    assert [one.words for one in made.carried if one.kind == "requirement"][-1] == "sympy==1.12"
    assert "rich==13.0" in [one.words for one in made.carried if one.kind == "constraint"]


def test_a_conda_environments_folder(tmp_path: Path) -> None:
    def record(name: str, version: str, build: str = "h_0") -> dict[str, str]:
        return {
            f"c/conda-meta/{name}-{version}.json": json.dumps(
                {"name": name, "version": version, "build": build}
            )
        }

    history = (
        "==> 1 <==\n# update specs: ['python=3.9', 'pytorch::pytorch', 'pandas']\n"
        "==> 2 <==\n# remove specs: ['pandas']\n# update specs: [\"scipy[version='>=1']\"]\n"
    )
    write(
        tmp_path,
        {
            **record("python", "3.9.7"),
            **record("pytorch", "1.12.1", "py3.9_cuda11.3"),
            **record("scipy", "1.9.0"),
            **record("typing_extensions", "4.1"),
            **record("openssl", "1.1.1q"),
            **record("ffmpeg", "4.3"),
            "c/conda-meta/broken.json": "{",
            "c/conda-meta/history": history,
        },
    )
    site = tmp_path / "c" / "lib" / "python3.9" / "site-packages"
    distribution(site, "by_pip", "1.0", INSTALLER="pip\n")
    distribution(site, "scipy", "1.9.0", INSTALLER="conda\n")
    made = spec.initial(tmp_path, words, str(tmp_path / "c"))
    assert [one.words for one in made.carried if one.kind == "requirement"] == [
        "torch==1.12.1",
        "scipy==1.9.0",
        "by_pip==1.0",
    ]
    assert [one.words for one in made.carried if one.kind == "constraint"] == ["typing-extensions==4.1"]
    assert [one.words for one in made.carried if one.kind == "system"] == ["ffmpeg"]
    assert [one.words for one in made.left_out] == ["openssl=1.1.1q"]
