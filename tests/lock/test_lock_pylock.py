"""Locks as files: PEP 751, the same bytes for the same lock, never a credential."""

# ruff: noqa: E501  (recorded output keeps its lines)

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv.errors import Failure, Hint, Place, problem, text, verbatim
from provenv.lock import filename, identity, read, toml, write
from provenv.model.lock import Artifact, Choice, Lock, Package, Refusal
from provenv.toml_library import tomllib

SHA = "a" * 64
PACKAGES = (
    Package(
        "local",
        "",
        origin="directory",
        location="libs/local",
        editable=True,
        required_by=("requirements.txt:3",),
    ),
    Package(
        "other",
        "1.0",
        (Artifact("other-1.0.tar.gz", "https://host/other-1.0.tar.gz", hashes={"sha256": SHA}),),
        origin="archive",
        location="https://host/other-1.0.tar.gz",
    ),
    Package("repository", "2.0", origin="vcs", location="git+https://host/r.git@0123abc#subdirectory=python"),
    Package(
        "six",
        "1.17.0",
        (
            Artifact(
                "six-1.17.0-py2.py3-none-any.whl",
                "https://host/six-1.17.0-py2.py3-none-any.whl",
                size=11050,
                hashes={"sha256": SHA},
            ),
            Artifact("six-1.17.0.tar.gz", "https://host/six-1.17.0.tar.gz", hashes={"sha256": "b" * 64}),
        ),
        marker="python_full_version < '3.13'",
        required_by=("requirements.txt:1", "other"),
    ),
    Package(
        "torch",
        "2.13.0+cpu",
        (
            Artifact(
                "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl",
                "file:///wheels/torch-2.13.0%2Bcpu-cp311-cp311-linux_x86_64.whl",
                hashes={"sha256": SHA},
            ),
        ),
    ),
)
LOCK = Lock(
    target="here",
    python="3.11",
    platform="x86_64-manylinux_2_35",
    packages=PACKAGES,
    choices=(
        Choice(
            "accelerator",
            "cpu",
            text("lock.accelerator.no_gpu"),
            (Refusal("cu130", text("x", driver="1.0", n=3)),),
        ),
        Choice("source:torch", "folder file:///wheels", text("lock.torch.folder", source="file:///wheels")),
    ),
    identity=identity(PACKAGES),
    inputs={"spec": "0" * 64, "pip": "1" * 64},
    findings=(
        problem(
            "PV322",
            severity="warning",
            why=verbatim('two\nlines "quoted" \\ 中文'),
            size_bytes=3 << 30,
            where=Place("a.txt", 3, 1, "torch", 5),
            hints=(Hint(text("PV322.hint"), "provenv lock"),),
        ),
    ),
    uv="0.13.9",
)


def test_a_lock_comes_back_as_it_was_and_is_always_the_same_bytes():
    written = write(LOCK)
    assert read(written, "pylock.toml") == LOCK
    assert write(read(written, "pylock.toml")) == written
    assert write(replace(LOCK, packages=PACKAGES[::-1])) == written


def test_the_file_is_what_pep_751_asks_for():
    data = tomllib.loads(write(LOCK))
    assert data["lock-version"] == "1.0"
    assert data["created-by"] == "provenv"
    for package in data["packages"]:
        kinds = {"directory", "vcs", "archive", "wheels"} & set(package)
        assert len(kinds) == 1, package
        for wheel in package.get("wheels", []):
            assert wheel["hashes"]["sha256"]
            assert ("url" in wheel) != ("path" in wheel)
    assert {package["name"]: package.get("version") for package in data["packages"]}["torch"] == "2.13.0+cpu"


def test_identity_is_names_versions_markers_and_hashes_never_addresses():
    moved = tuple(
        replace(
            one,
            artifacts=tuple(replace(a, url="https://mirror/" + a.filename, size=None) for a in one.artifacts),
        )
        for one in PACKAGES
    )
    assert identity(moved) == LOCK.identity
    assert identity(PACKAGES[::-1]) == LOCK.identity
    six = PACKAGES[3]
    changes = [
        replace(six, version="1.16.0"),
        replace(six, marker=None),
        replace(six, artifacts=six.artifacts[:1]),
        replace(six, name="seven"),
    ]
    others = {identity((*PACKAGES[:3], changed, PACKAGES[4])) for changed in changes}
    assert len(others | {LOCK.identity}) == len(changes) + 1


def test_no_credential_reaches_the_file():
    secret = "https://me:s3cret@host/six-1.17.0.tar.gz"
    package = replace(PACKAGES[3], artifacts=(Artifact("six-1.17.0.tar.gz", secret, hashes={"sha256": SHA}),))
    archive = replace(
        PACKAGES[1], location=secret, artifacts=(Artifact("x", secret, hashes={"sha256": SHA}),)
    )
    vcs = replace(PACKAGES[2], location="git+https://me:s3cret@host/r.git@0123abc")
    choice = Choice("index", secret, text("x", url=secret), (Refusal(secret, text("y", url=secret)),))
    finding = problem("PV350", why=verbatim(f"failed: {secret}"), url=secret)
    lock = replace(LOCK, packages=(package, archive, vcs), choices=(choice,), findings=(finding,))
    assert "s3cret" not in write(lock)
    assert "host/six-1.17.0.tar.gz" in write(lock)


def test_a_lock_of_another_tool_is_read():
    lock = read(
        """lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"

[[packages]]
name = "six"
version = "1.17.0"
sdist = { url = "https://host/six-1.17.0.tar.gz", upload-time = 2024-12-04T17:35:28Z, size = 34031, hashes = { sha256 = "ff70" } }
wheels = [{ url = "https://host/six-1.17.0-py2.py3-none-any.whl", size = 11050, hashes = { sha256 = "4721" } }]
""",
        "pylock.toml",
    )
    assert (lock.python, lock.inputs, lock.choices) == ("3.11", {}, ())
    assert [one.filename for one in lock.packages[0].artifacts] == [
        "six-1.17.0-py2.py3-none-any.whl",
        "six-1.17.0.tar.gz",
    ]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("lock-version = \n", "PV330", 1),
        ('lock-version = "1.0"\n[[packages]\n', "PV330", 2),
        ("", "PV331", None),
        ('lock-version = "2.0"\n', "PV331", None),
        ('lock-version = "1.0"\n[tool.provenv]\nschema = 99\n', "PV331", None),
        ('lock-version = "1.0"\n[[packages]]\nversion = "1"\n', "PV332", None),
        ('lock-version = "1.0"\npackages = "none"\n', "PV332", None),
        ('lock-version = "1.0"\ntool = 3\n', "PV332", None),
        ('lock-version = "1.0"\n[tool]\nprovenv = "x"\n', "PV332", None),
        ('lock-version = "1.0"\n[tool.provenv]\nschema = "x"\n', "PV332", None),
        ('lock-version = "1.0"\n[tool.provenv]\nchoices = [{ subject = 3 }]\n', "PV332", None),
        ('lock-version = "1.0"\n[[packages]]\nname = "a"\nvcs = { type = "git" }\n', "PV332", None),
        ('lock-version = "1.0"\n[[packages]]\nname = "a"\nwheels = [{ size = 3 }]\n', "PV332", None),
    ],
)
def test_a_broken_file_is_a_problem_with_its_place(content, code, line):
    with pytest.raises(Failure) as failure:
        read(content, "pylock.toml")
    found = failure.value.problems[0]
    assert (found.code, found.where.file, found.where.line) == (code, "pylock.toml", line)


@pytest.mark.parametrize(
    ("target", "name"),
    [("here", "pylock.toml"), ("box", "pylock.box.toml"), ("node.a", "pylock.node-a.toml")],
)
def test_one_file_a_target(target, name):
    assert filename(target) == name


@given(
    st.recursive(
        st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_value_survives_toml(value):
    assert tomllib.loads(f"value = {toml.inline(value)}\n")["value"] == value
