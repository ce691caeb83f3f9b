"""`add` and `remove` change what they are asked to change, and give the old text back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenv import spec
from provenv.errors import Failure
from provenv.spec.edited import Edit


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def apply(folder: Path, edit: Edit) -> None:
    (folder / edit.path).write_bytes(edit.content)


ADDED = [
    # the list before, after `add einops`
    ("requirements = []\n", 'requirements = ["einops"]\n'),
    ("requirements = [ ]\n", 'requirements = ["einops" ]\n'),
    ('requirements = ["a"]\n', 'requirements = ["a", "einops"]\n'),
    ('requirements = ["a",]  # c\n', 'requirements = ["a", "einops",]  # c\n'),
    ("requirements = ['a']\n", "requirements = ['a', 'einops']\n"),
    ('requirements = [\n    "a",\n]\n', 'requirements = [\n    "a",\n    "einops",\n]\n'),
    ('requirements = [\n    "a"\n]\n', 'requirements = [\n    "a",\n    "einops"\n]\n'),
    (
        'requirements = [\n\t"a",  # one\n\t"b"  # two\n\t# three\n]\n',
        'requirements = [\n\t"a",  # one\n\t"b",  # two\n\t"einops"\n\t# three\n]\n',
    ),
    ('requirements = [\r\n  "a",\r\n]\r\n', 'requirements = [\r\n  "a",\r\n  "einops",\r\n]\r\n'),
    ('requirements = [\r\n  "a" # x\r\n]\r\n', 'requirements = [\r\n  "a", # x\r\n  "einops"\r\n]\r\n'),
    ("requirements = [\n]\n", 'requirements = [\n    "einops",\n]\n'),
    ("requirements = [\n    # none yet\n]\n", 'requirements = [\n    # none yet\n    "einops",\n]\n'),
    ('requirements = ["a",\n    "b"]\n', 'requirements = ["a",\n    "b", "einops"]\n'),
    (
        'requirements = [\n  "a", "b",\n  { file = "r.txt" },\n]\n',
        'requirements = [\n  "a", "b",\n  { file = "r.txt" },\n  "einops",\n]\n',
    ),
    ('name = "x"\nrequirements = ["a"]\n[env]\n', 'name = "x"\nrequirements = ["a", "einops"]\n[env]\n'),
]


@pytest.mark.parametrize(("old", "new"), ADDED)
def test_add_keeps_the_style_and_remove_undoes_it(old: str, new: str, tmp_path: Path) -> None:
    write(tmp_path, {"provenv.toml": old, "r.txt": "six\n"})
    edit = spec.add(tmp_path, ["einops"])
    assert edit == Edit("provenv.toml", old, new, ("einops",), (), str(tmp_path))
    apply(tmp_path, edit)
    back = spec.remove(tmp_path, ["einops"])
    assert back.new == old
    assert back.removed == ("einops",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "einops\n"),
        ("numpy\n", "numpy\neinops\n"),
        ("numpy", "numpy\neinops"),
        ("numpy\r\n", "numpy\r\neinops\r\n"),
        ("numpy \\\n  --hash=sha256:" + "0" * 64 + "\n", None),
        ("# c\n-r base.txt\n\nnumpy  # why\n\n", None),
    ],
)
def test_lines_of_a_requirements_file(old: str, new: str | None, tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": old, "base.txt": "six\n"})
    edit = spec.add(tmp_path, ["einops"])
    assert edit.new == (f"{old}einops\n" if new is None else new)
    apply(tmp_path, edit)
    assert spec.remove(tmp_path, ["einops"]).new == old


@pytest.mark.parametrize(
    ("files", "requirements", "path", "new"),
    [
        (
            {"provenv.toml": 'requirements = [\n    "NumPy>=1",  # why\n    "six",\n]\n'},
            ["numpy~=2.0"],
            "provenv.toml",
            'requirements = [\n    "numpy~=2.0",  # why\n    "six",\n]\n',
        ),
        (
            {"requirements.txt": "numpy==1.26  # pinned\nsix\n"},
            ["numpy>=2"],
            "requirements.txt",
            "numpy>=2  # pinned\nsix\n",
        ),
        (
            {"requirements.txt": "numpy==1.26 \\\n    --hash=sha256:" + "0" * 64 + "\nsix\n"},
            ["numpy==2.0"],
            "requirements.txt",
            "numpy==2.0\nsix\n",
        ),
        (
            {
                "provenv.toml": 'requirements = { file = "reqs/base.txt" }\n',
                "reqs/base.txt": "six\n",
            },
            ["numpy"],
            "reqs/base.txt",
            "six\nnumpy\n",
        ),
        (
            {"pyproject.toml": '[project]\nname = "p"\ndependencies = [\n  "six",\n]\n'},
            ["numpy", 'tomli; python_version < "3.11"'],
            "pyproject.toml",
            '[project]\nname = "p"\ndependencies = [\n  "six",\n  "numpy",\n'
            "  'tomli; python_version < \"3.11\"',\n]\n",
        ),
        (
            {"pyproject.toml": '[project]\nname = "p"\nversion = "1"\n\n[tool.x]\na = 1\n'},
            ["numpy"],
            "pyproject.toml",
            '[project]\nname = "p"\nversion = "1"\ndependencies = ["numpy"]\n\n[tool.x]\na = 1\n',
        ),
        (
            {"pyproject.toml": "[tool.provenv]\n# c\n[tool.provenv.env]\n"},
            ["numpy"],
            "pyproject.toml",
            '[tool.provenv]\nrequirements = ["numpy"]\n# c\n[tool.provenv.env]\n',
        ),
        ({"provenv.toml": "[env]\n"}, ["numpy"], "provenv.toml", 'requirements = ["numpy"]\n[env]\n'),
        (
            {"provenv.toml": 'name = "x"\n', "requirements.txt": "six\n"},
            ["numpy"],
            "requirements.txt",
            "six\nnumpy\n",
        ),
        (
            {"requirements.txt": 'numpy<2; python_version < "3.9"\nnumpy>=2; python_version >= "3.9"\n'},
            ['numpy>=2.1; python_version >= "3.9"'],
            "requirements.txt",
            'numpy<2; python_version < "3.9"\nnumpy>=2.1; python_version >= "3.9"\n',
        ),
    ],
)
def test_add_edits_the_projects_own_list(
    files: dict[str, str], requirements: list[str], path: str, new: str, tmp_path: Path
) -> None:
    write(tmp_path, files)
    edit = spec.add(tmp_path, requirements)
    assert (edit.path, edit.new) == (path, new)
    assert edit.added == tuple(requirements)
    apply(tmp_path, edit)
    unchanged = spec.add(tmp_path, requirements)
    assert (unchanged.new, unchanged.added) == (new, ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('requirements = ["a", "b", "c"]\n', 'requirements = ["a", "c"]\n'),
        ('requirements = ["b", "c"]\n', 'requirements = ["c"]\n'),
        ('requirements = ["a", "b"]\n', 'requirements = ["a"]\n'),
        ('requirements = ["b"]\n', "requirements = []\n"),
        ('requirements = ["b",]\n', "requirements = []\n"),
        (
            'requirements = [\n  # first\n  "a",\n  "B>=1",  # gone\n  "c",\n]\n',
            'requirements = [\n  # first\n  "a",\n  "c",\n]\n',
        ),
        ('requirements = [\n  "b",\n]\n', "requirements = [\n]\n"),
        ('requirements = [\n  "a", "b",\n  "c",\n]\n', 'requirements = [\n  "a", "c",\n]\n'),
        ('requirements = [\n  "b", "a",\n]\n', 'requirements = [\n  "a",\n]\n'),
        (
            "requirements = ['b; python_version < \"3.9\"', 'a', 'b; python_version >= \"3.9\"']\n",
            "requirements = ['a']\n",
        ),
    ],
)
def test_remove_takes_every_line_of_the_name(old: str, new: str, tmp_path: Path) -> None:
    write(tmp_path, {"provenv.toml": old})
    assert spec.remove(tmp_path, ["b"]).new == new


@pytest.mark.parametrize(
    ("files", "name", "code", "place"),
    [
        ({"requirements.txt": "-r base.txt\nsix\n", "base.txt": "\nnumpy\n"}, "numpy", "PV142", "base.txt:2"),
        ({"requirements.txt": "-c c.txt\nsix\n", "c.txt": "numpy<2\n"}, "numpy", "PV142", "c.txt:1"),
        ({"requirements.txt": "six\n"}, "numpy", "PV141", None),
        (
            {
                "pyproject.toml": '[project]\nname = "p"\ndependencies = []\n'
                '[dependency-groups]\ndev = ["pytest"]\n'
            },
            "pytest",
            "PV142",
            "pyproject.toml:5",
        ),
        (
            {
                "provenv.toml": 'requirements = ["six", { file = "more.txt" }]\n',
                "more.txt": "numpy\n",
            },
            "numpy",
            "PV142",
            "more.txt:1",
        ),
    ],
)
def test_remove_says_where_a_name_stands_instead(
    files: dict[str, str], name: str, code: str, place: str | None, tmp_path: Path
) -> None:
    write(tmp_path, files)
    with pytest.raises(Failure) as caught:
        spec.remove(tmp_path, [name, "not-there-either"])
    first, second = caught.value.problems
    assert (first.code, second.code) == (code, "PV141")
    if place is None:
        assert first.where is None
    else:
        assert first.where is not None
        assert f"{first.where.file}:{first.where.line}" == place


@pytest.mark.parametrize(
    ("files", "requirement", "code"),
    [
        ({"requirements.txt": "six\n"}, "numpy=1", "PV120"),
        ({"requirements.txt": "six\n"}, "sklearn", "PV127"),
        ({"requirements.txt": "six\n"}, "./not-there", "PV125"),
        ({"pyproject.toml": '[project]\nname = "p"\n'}, "-e .", "PV143"),
        ({"pyproject.toml": '[project]\nname = "p"\ndynamic = ["dependencies"]\n'}, "numpy", "PV144"),
        ({"requirements.txt": "numpy<2\nnumpy>1\n"}, "numpy==1.5", "PV140"),
        ({"provenv.toml": "requirements = [\n"}, "numpy", "PV106"),
        ({"README": ""}, "numpy", "PV107"),
    ],
)
def test_add_refuses(files: dict[str, str], requirement: str, code: str, tmp_path: Path) -> None:
    write(tmp_path, files)
    with pytest.raises(Failure) as caught:
        spec.add(tmp_path, [requirement])
    assert [problem.code for problem in caught.value.problems] == [code]


def test_the_files_own_encoding_is_kept(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("numpy\r\n".encode("utf-16"))
    edit = spec.add(tmp_path, ["six"])
    assert edit.content.decode("utf-16") == "numpy\r\nsix\r\n"


NAMES = ["numpy", "torch>=2", "my-package[extra]~=1.0", 'x; python_version < "3.9"', "a.b", "-e ."]
BLANKS = st.sampled_from(["", " ", "\n", "\n    ", "  # comment\n  ", "\r\n\t"])


@st.composite
def arrays(draw: st.DrawFn) -> str:
    """Return an array of requirements in any style that TOML allows."""
    items = draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True))
    text = "["
    for number, item in enumerate(items):
        last = number == len(items) - 1
        quoted = f"'{item}'" if '"' in item or draw(st.booleans()) else f'"{item}"'
        comma = "" if last and draw(st.booleans()) else draw(BLANKS) + ","
        text += draw(BLANKS) + quoted + comma
    return text + draw(BLANKS) + "]"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    array=arrays(),
    before=st.sampled_from(["", 'name = "x"\n', "# c\r\n"]),
    added=st.sampled_from(["six", "zz>=1,<2"]),
)
def test_add_then_remove_gives_the_text_back(array: str, before: str, added: str, tmp_path: Path) -> None:
    old = f"{before}requirements = {array}\n[env]\n"
    write(tmp_path, {"provenv.toml": old})
    edit = spec.add(tmp_path, [added])
    apply(tmp_path, edit)
    texts = [one.text for one in spec.load(tmp_path, {}).requirements]
    assert texts[-1] == added
    assert spec.remove(tmp_path, [added.partition(">")[0]]).new == old


LINES = st.lists(
    st.sampled_from(
        ["numpy", "torch>=2  # why", "", "# c", "--pre", "scipy \\\n  >=1", "-e .", "\tx[y]", "  "]
    ),
    max_size=6,
    unique=True,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, newline=st.sampled_from(["\n", "\r\n"]), ends=st.booleans())
def test_add_then_remove_gives_the_lines_back(
    lines: list[str], newline: str, ends: bool, tmp_path: Path
) -> None:
    old = newline.join(line.replace("\n", newline) for line in lines) + (newline if ends else "")
    write(tmp_path, {"requirements.txt": old})
    edit = spec.add(tmp_path, ["six"])
    apply(tmp_path, edit)
    assert [one.name for one in spec.load(tmp_path, {}).requirements][-1] == "six"
    assert spec.remove(tmp_path, ["six"]).new == old
