"""What the files of a folder come to: requirements, indexes, names, digests."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Failure
from provenv.model.codec import from_json, to_json
from provenv.model.spec import Indexes, Mirrors, Run, Spec, Target

ZEROS = "0" * 64
BUILT = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def texts(found: Spec) -> list[str]:
    return [one.text for one in found.requirements]


WHOLE = """\
schema = 1
name = "digits"
python = "3.11"
requirements = ["torch~=2.13.0", "scikit-learn"]
accelerator = "cpu"
system = ["libgl1"]

[env]
PYTHONHASHSEED = "0"
pass = ["HF_TOKEN"]

[mirrors]
pypi = "https://mirror.example/simple"

[prove]
commands = { smoke = "python -m digits.smoke" }

[run.train]
command = "python train.py"
processes = "auto"
retries = 3

[target.box]
kind = "image"
base = "python:3.11-slim"

[target.cluster]
kind = "kubernetes"
facts = "cluster-node.json"
accelerator = "cuda"
since = 2026-01-01
"""


def test_the_whole_declared_file(tmp_path: Path) -> None:
    write(tmp_path, {"provenv.toml": WHOLE})
    found = spec.load(tmp_path, {})
    assert (found.name, found.python, found.accelerator) == ("digits", "3.11", "cpu")
    assert (found.file, found.files, found.root) == (
        "provenv.toml",
        ("provenv.toml",),
        str(tmp_path.resolve()),
    )
    assert [(one.text, one.name) for one in found.requirements] == [
        ("torch~=2.13.0", "torch"),
        ("scikit-learn", "scikit-learn"),
    ]
    assert (found.requirements[1].where.line, found.requirements[1].where.column) == (4, 35)
    assert found.system == ("libgl1",)
    assert (found.variables, found.passed) == ({"PYTHONHASHSEED": "0"}, ("HF_TOKEN",))
    assert found.mirrors == Mirrors(pypi="https://mirror.example/simple")
    assert found.prove == {"smoke": "python -m digits.smoke"}
    assert found.runs == {"train": Run("train", "python train.py", "auto", 3)}
    assert found.targets == {
        "box": Target("box", "image", {"base": "python:3.11-slim"}),
        "cluster": Target(
            "cluster",
            "kubernetes",
            {"facts": "cluster-node.json", "accelerator": "cuda", "since": "2026-01-01"},
        ),
    }
    assert found.findings == ()
    assert from_json(Spec, json.loads(json.dumps(to_json(found)))) == found


REQUIREMENTS = [
    # a line of requirements.txt, the text and name that come of it
    ("numpy", "numpy", "numpy"),
    ("  NumPy >= 1.20 , < 3  # why", "NumPy >= 1.20 , < 3", "numpy"),
    ("a.b_c[x,y]==1.0; python_version < '3.12'", "a.b_c[x,y]==1.0; python_version < '3.12'", "a-b-c"),
    ("torch==2.1+cu118", "torch==2.1+cu118", "torch"),
    ("six @ https://mirror.example/six.whl", "six @ https://mirror.example/six.whl", "six"),
    (
        "https://mirror.example/six-1.0-py3-none-any.whl",
        "https://mirror.example/six-1.0-py3-none-any.whl",
        "six",
    ),
    (
        "https://mirror.example/my_pkg-1.0.tar.gz#sha256=00",
        "https://mirror.example/my_pkg-1.0.tar.gz#sha256=00",
        "my-pkg",
    ),
    ("git+https://mirror.example/x.git@v1#egg=My_X", "git+https://mirror.example/x.git@v1#egg=My_X", "my-x"),
    ("-e git+https://mirror.example/x.git#egg=x", "-e git+https://mirror.example/x.git#egg=x", "x"),
    ("./wheels/six-1.0-py3-none-any.whl", "./wheels/six-1.0-py3-none-any.whl", "six"),
    ("wheels/six-1.0-py3-none-any.whl", "./wheels/six-1.0-py3-none-any.whl", "six"),
    ("six @ ./wheels/six-1.0-py3-none-any.whl", "six @ ./wheels/six-1.0-py3-none-any.whl", "six"),
    ("-e .", "-e .", ""),
    ("-e ./lib[dev]", "-e ./lib[dev]", "lib"),
    ("--editable=lib/", "-e ./lib", "lib"),
    ("./lib ; python_version >= '3.8'", "./lib ; python_version >= '3.8'", "lib"),
    (
        "private @ https://${TOKEN}@mirror.example/p.whl",
        "private @ https://${TOKEN}@mirror.example/p.whl",
        "private",
    ),
    ("numpy==${VERSION}", "numpy==${VERSION}", "numpy"),
]


@pytest.mark.parametrize(("line", "text", "name"), REQUIREMENTS)
def test_a_line_of_a_requirements_file(line: str, text: str, name: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": f"# first\n{line}\n",
            "wheels/six-1.0-py3-none-any.whl": "",
            "lib/pyproject.toml": '[project]\nname = "Lib"\n',
        },
    )
    found = spec.load(tmp_path, {"TOKEN": "s3cret", "VERSION": "1.26"})
    assert [(one.text, one.name) for one in found.requirements] == [(text, name)]
    assert found.requirements[0].editable == text.startswith("-e ")
    assert found.requirements[0].where.line == 2
    assert "s3cret" not in json.dumps(to_json(found))


def test_options_of_requirements_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": "-i https://mirror.example/simple\n"
            "--extra-index-url https://${TOKEN}@two.example/simple --extra-index-url=https://three.example\n"
            "--find-links wheels\n-f https://four.example/links\n--no-index\n--pre\n"
            "--no-binary :all:\n--only-binary=numpy,scipy\n-r deep/more.txt\n-cdeep/constraints.txt\n"
            "--require-hashes\n",
            "wheels/x": "",
            "deep/more.txt": "-f links\n-r even/more.txt\n./lib\nsix\n",
            "deep/links/x": "",
            "deep/even/more.txt": f"numpy==1.26.0 \\\n  --hash=sha256:{ZEROS} \\\n  # note\n",
            "deep/lib/setup.py": "",
            "deep/constraints.txt": "scipy<2\n-r shared.txt\n",
            "deep/shared.txt": "six==1.16\n",
        },
    )
    found = spec.load(tmp_path, {"TOKEN": "s3cret"})
    assert found.indexes == Indexes(
        "https://mirror.example/simple",
        ("https://${TOKEN}@two.example/simple", "https://three.example"),
        ("wheels", "https://four.example/links", "deep/links"),
        True,
        True,
        (":all:",),
        ("numpy", "scipy"),
    )
    assert texts(found) == ["numpy==1.26.0", "./deep/lib", "six"]
    assert found.requirements[0].hashes == (f"sha256:{ZEROS}",)
    assert [one.text for one in found.constraints] == ["scipy<2", "six==1.16"]
    assert found.files == (
        "requirements.txt",
        "deep/more.txt",
        "deep/even/more.txt",
        "deep/constraints.txt",
        "deep/shared.txt",
    )
    assert found.expanded == ("TOKEN",)
    assert found.findings == ()


def test_a_file_that_is_included_twice_counts_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": "-r a.txt\n-r b.txt\n",
            "a.txt": "-r c.txt\n",
            "b.txt": "-r c.txt\n",
            "c.txt": "six\n",
        },
    )
    assert texts(spec.load(tmp_path, {})) == ["six"]


@pytest.mark.parametrize(
    ("pyproject", "declared", "expected"),
    [
        ('[project]\nname = "p"\ndependencies = ["six", "numpy<3"]\n', None, ["six", "numpy<3"]),
        (BUILT + '[project]\nname = "My.P"\ndependencies = ["six"]\n', None, ["-e ."]),
        (
            BUILT + '[project]\nname = "p"\ndependencies = ["six"]\n[tool.uv]\npackage = false\n',
            None,
            ["six"],
        ),
        (
            '[project]\nname = "p"\ndependencies = ["six"]\n[dependency-groups]\n'
            'Dev = ["pytest", {include-group = "lint_it"}]\nlint-it = ["ruff"]\n',
            'requirements = { file = "pyproject.toml", groups = ["dev"] }\n',
            ["six", "pytest", "ruff"],
        ),
        (
            BUILT + '[project]\nname = "p"\n[project.optional-dependencies]\ngpu = ["cupy"]\n',
            'requirements = { file = "pyproject.toml", extras = ["GPU"] }\n',
            ["-e .[gpu]"],
        ),
        (
            '[project]\nname = "p"\ndependencies = ["six"]\n[project.optional-dependencies]\n'
            'all = ["p[a,b]"]\na = ["numpy"]\nb = ["scipy", "p[all]"]\n',
            'requirements = ["rich", { file = "pyproject.toml", extras = ["all"] }]\n',
            ["rich", "six", "numpy", "scipy"],
        ),
    ],
)
def test_a_projects_own_requirements(
    pyproject: str, declared: str | None, expected: list[str], tmp_path: Path
) -> None:
    write(tmp_path, {"pyproject.toml": pyproject})
    if declared is not None:
        write(tmp_path, {"provenv.toml": declared})
    found = spec.load(tmp_path, {})
    # extras are spelt as their project spells them or as PEP 503 normalises them
    assert [text.lower() for text in texts(found)] == expected


def test_the_project_itself_is_a_requirement(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": BUILT + '[project]\nname = "My.P"\nrequires-python = ">=3.10"\n'})
    found = spec.load(tmp_path, {})
    itself = found.requirements[0]
    assert (itself.text, itself.name, itself.editable, itself.where.line) == ("-e .", "my-p", True, 5)
    assert (found.name, found.python, found.file) == ("My.P", ">=3.10", "pyproject.toml")


@pytest.mark.parametrize(
    ("files", "leading", "expected"),
    [
        ({"provenv.toml": "", "requirements.txt": "six\n"}, "provenv.toml", ["six"]),
        (
            {
                "provenv.toml": "",
                "pyproject.toml": '[project]\nname = "p"\ndependencies = ["a"]\n',
                "requirements.txt": "six\n",
            },
            "provenv.toml",
            ["a"],
        ),
        (
            {
                "provenv.toml": "",
                "pyproject.toml": "[tool.ruff]\nline-length = 100\n",
                "requirements.txt": "six\n",
            },
            "provenv.toml",
            ["six"],
        ),
        ({"provenv.toml": "requirements = []\n", "requirements.txt": "six\n"}, "provenv.toml", []),
        ({"pyproject.toml": "[tool.ruff]\n", "requirements.txt": "six\n"}, "requirements.txt", ["six"]),
        (
            {
                "pyproject.toml": '[project]\nname = "p"\ndependencies = ["a"]\n'
                '[tool.provenv]\nrequirements = ["b"]\n'
            },
            "pyproject.toml",
            ["b"],
        ),
        (
            {
                "pyproject.toml": '[project]\nname = "p"\ndependencies = ["a"]\n'
                '[tool.provenv]\npython = "3.12"\n'
            },
            "pyproject.toml",
            ["a"],
        ),
    ],
)
def test_which_file_leads(files: dict[str, str], leading: str, expected: list[str], tmp_path: Path) -> None:
    write(tmp_path, files)
    assert spec.find(tmp_path) == tmp_path / leading
    found = spec.load(tmp_path, {})
    assert found.file == leading
    assert texts(found) == expected


def test_parents_are_looked_through_for_a_declared_file_only(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write(tmp_path, {"requirements.txt": "six\n"})
    assert spec.find(inner) is None
    write(tmp_path, {"pyproject.toml": '[project]\nname = "p"\n[tool.provenv]\n'})
    assert spec.find(inner) == tmp_path / "pyproject.toml"
    write(tmp_path / "a", {"provenv.toml": 'name = "a"\n'})
    assert spec.find(inner) == tmp_path / "a" / "provenv.toml"
    assert spec.load(inner, {}).name == "a"
    write(inner, {"requirements.txt": ""})
    assert spec.find(inner) == inner / "requirements.txt"


def test_the_home_folder_ends_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "code"
    inner.mkdir()
    write(tmp_path, {"provenv.toml": ""})
    assert spec.find(inner) == tmp_path / "provenv.toml"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert spec.find(inner) is None
    assert spec.find(tmp_path) == tmp_path / "provenv.toml"


def test_a_folder_without_anything_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        spec.load(tmp_path, {})
    (problem,) = caught.value.problems
    assert problem.code == "PV107"
    assert [hint.command for hint in problem.hints] == ["provenv init"]


SAME = [
    ('requirements = ["six", "numpy"]\n', '# c\nrequirements = [\n  "numpy",\n  "six",\n]\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\n[run.x]\ncommand = "true"\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\n[prove]\ncommands = { a = "true" }\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\n[env]\nA = "b"\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\n[target.box]\nkind = "image"\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\n[mirrors]\npypi = "https://mirror.example"\n'),
    ('requirements = ["six"]\n', 'requirements = { file = "r.txt" }\n'),
]
OTHER = [
    ('requirements = ["six"]\n', 'requirements = ["six>=1"]\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\npython = "3.11"\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\naccelerator = "cpu"\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\nsystem = ["libgl1"]\n'),
    ('requirements = ["six"]\n', 'requirements = ["six"]\n[target.here]\nkind = "venv"\npython = "3.12"\n'),
]


@pytest.mark.parametrize(
    ("one", "two", "same"), [(*row, True) for row in SAME] + [(*row, False) for row in OTHER]
)
def test_the_digest_is_of_what_decides_what_is_built(one: str, two: str, same: bool, tmp_path: Path) -> None:
    digests = []
    for text in (one, two):
        write(tmp_path, {"provenv.toml": text, "r.txt": "six  # the same\n"})
        digests.append(spec.load(tmp_path, {}).digest)
    assert (digests[0] == digests[1]) is same


def test_a_local_project_is_a_part_of_the_digest(tmp_path: Path) -> None:
    digests = []
    for dependencies, tail in (('["six"]', ""), ('["six"]', "# c\n[tool.ruff]\n"), ('["six>1"]', "")):
        write(
            tmp_path,
            {"pyproject.toml": f'{BUILT}[project]\nname = "p"\ndependencies = {dependencies}\n{tail}'},
        )
        digests.append(spec.load(tmp_path, {}).digest)
    assert digests[0] == digests[1] != digests[2]


def test_prove_and_env_have_a_digest_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, {"provenv.toml": "requirements = []\n"})
    plain = spec.load(tmp_path, {})
    write(tmp_path, {"provenv.toml": 'requirements = []\n[prove]\ncommands = { a = "true" }\n'})
    proven = spec.load(tmp_path, {})
    assert plain.digest == proven.digest
    assert plain.proof_digest != proven.proof_digest
    assert replace(plain, proof_digest="", prove=proven.prove) == replace(proven, proof_digest="")


def test_uv_sources_that_do_not_apply_are_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[project]\nname = "p"\ndependencies = ["x"]\n'
            '[tool.uv.sources]\nx = { path = "x" }\n'
        },
    )
    (finding,) = spec.load(tmp_path, {}).findings
    assert (finding.code, finding.severity) == ("PV137", "warning")


def test_start_up_pays_for_no_library(repository: Path) -> None:
    code = (
        "import sys, pathlib; from provenv import spec; spec.find(pathlib.Path('.'));"
        "print([name for name in ('pydantic', 'packaging', 'tomlkit') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(repository / "src")},
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_a_folder_without_provenv_toml_needs_no_pydantic(tmp_path: Path, repository: Path) -> None:
    write(tmp_path, {"requirements.txt": "six\n"})
    code = (
        "import sys, pathlib; from provenv import spec; spec.load(pathlib.Path('.'));"
        "print('pydantic' in sys.modules, callable(spec.load), callable(spec.find))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(repository / "src")},
    )  # fmt: skip
    assert done.stdout == "False True True\n"
