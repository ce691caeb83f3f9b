"""A lock as other tools' files, from values alone."""

from __future__ import annotations

import json

import pytest

from provenv.errors import text
from provenv.model.lock import Artifact, Choice, Lock, Package
from provenv.model.spec import Spec
from provenv.render import (
    Licence,
    bill_of_materials,
    environment_file,
    kernel_name,
    kernel_specification,
    licence_of,
    requirements_file,
)
from provenv.render.conda import scalar
from provenv.render.requirements import pin
from provenv.spec.adopt import yaml_subset

URL = "https://alice:hunter2@mirror.example/files"


def wheel(name, **hashes):
    return Artifact(
        f"{name}-py3-none-any.whl", f"{URL}/{name}-py3-none-any.whl", hashes=hashes or {"sha256": "ab"}
    )


LOCK = Lock(
    "here",
    "3.11",
    "x86_64-manylinux_2_28",
    (
        Package(
            "torch",
            "2.13.0+cpu",
            (wheel("torch-2.13.0"), wheel("torch", sha256="cd")),
            required_by=("a.toml:3",),
        ),
        Package(
            "numpy", "2.4", (wheel("numpy"),), "python_version < '3.12'", required_by=("torch", "a.toml:4")
        ),
        Package("digits", "1.0", origin="directory", location=".", editable=True, required_by=("a.toml:5",)),
        Package("lib", "0.1", origin="vcs", location="git+https://host.example/lib@0123abcd"),
        Package("old", "1", (Artifact("old-1.tar.gz", hashes={"md5": "ee"}),)),
    ),
    (
        Choice("accelerator", "cpu", text("x")),
        Choice("source:torch", "folder file:///home/alice/wheels", text("x")),
    ),
    "f" * 64,
)
SPEC = Spec(
    "digits",
    "/p",
    "a.toml",
    ("a.toml",),
    "e" * 64,
    variables={"SEED": "0", "A B": 'x: "y" # z\n'},
    system=("libgl1",),
)


def test_requirements_are_pinned_hashed_and_say_who_asked():
    made = requirements_file(LOCK, ("--extra-index-url https://index.example/cpu",))
    assert made.left_out == ("digits", "lib", "old")
    body = made.text.partition("\n\n")[2]
    assert body == (
        "--extra-index-url https://index.example/cpu\n\n"
        "# -e .\n    # via a.toml:5\n"
        "# lib @ git+https://host.example/lib@0123abcd\n"
        "numpy==2.4 ; python_version < '3.12' \\\n    --hash=sha256:ab\n    # via torch, a.toml:4\n"
        "# old==1\n"
        "torch==2.13.0+cpu \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n    # via a.toml:3\n"
    )
    assert "alice" not in made.text
    assert "source:torch: folder\n" in made.text


def test_without_hashes_everything_stands_there():
    made = requirements_file(LOCK, hashes=False)
    assert made.left_out == ()
    assert "--hash" not in made.text
    assert "\n-e .\n" in made.text


@pytest.mark.parametrize(
    ("package", "line"),
    [
        (Package("a", "1", origin="directory", location="libs/a"), "./libs/a"),
        (Package("a", "1", origin="directory", location="../a", editable=True), "-e ../a"),
        (Package("a", "1", origin="archive", location="wheels/a-1.whl"), "./wheels/a-1.whl"),
        (
            Package("a", "1", origin="archive", location="https://h.example/a b.zip"),
            "a @ https://h.example/a%20b.zip",
        ),
    ],
)
def test_what_comes_from_no_index(package, line):
    assert pin(package) == line


@pytest.mark.parametrize("hashes", [True, False])
def test_the_environment_file_is_read_as_it_is_meant(hashes):
    made = environment_file(LOCK, SPEC, ("--extra-index-url https://index.example/cpu",), hashes=hashes)
    read = yaml_subset.read(made.text).entries
    assert read["name"].words == "digits"
    python, pip, section = read["dependencies"].items
    assert (python.words, pip.words) == ("python=3.11", "pip")
    lines = [one.words for one in section.entries["pip"].items]
    assert lines[0] == "--extra-index-url https://index.example/cpu"
    ending = " --hash=sha256:ab --hash=sha256:cd" if hashes else ""
    assert lines[-1] == f"torch==2.13.0+cpu{ending}"
    assert ("-e ." in lines) is not hashes
    assert {name: one.words for name, one in read["variables"].entries.items()}["SEED"] == "0"


@pytest.mark.parametrize(
    "words", ["yes", "No", "null", "1.0", "a: b", "a #b", "*x", "", "a:", "- a", "ü", "a "]
)
def test_what_yaml_would_read_otherwise_is_quoted(words):
    assert scalar(words) == json.dumps(words)


def test_the_bill_of_materials_is_the_same_for_the_same_lock_and_tells_no_login():
    licences = {"numpy": Licence("BSD-3-Clause"), "torch": Licence(name="BSD-style")}
    made = bill_of_materials(LOCK, SPEC, licences)
    assert made == bill_of_materials(LOCK, SPEC, licences)
    assert "hunter2" not in made
    assert "/home/alice" not in made
    document = json.loads(made)
    by_name = {one["name"]: one for one in document["components"]}
    assert by_name["torch"]["purl"] == "pkg:pypi/torch@2.13.0%2Bcpu"
    assert by_name["numpy"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert by_name["torch"]["licenses"] == [{"license": {"name": "BSD-style"}}]
    assert by_name["lib"]["purl"] == "pkg:pypi/lib@0.1?vcs_url=git%2Bhttps://host.example/lib@0123abcd"
    needs = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert needs["pkg:pypi/torch@2.13.0%2Bcpu"] == ["pkg:pypi/numpy@2.4"]
    assert "pkg:pypi/digits@1.0" in needs["project"]
    told = {one["name"]: one["value"] for one in document["metadata"]["properties"]}
    assert told["provenv:accelerator"] == "cpu"
    assert told["provenv:identity"] == f"sha256:{'f' * 64}"


@pytest.mark.parametrize(
    ("expression", "field", "classifiers", "found"),
    [
        ("mit OR apache-2.0", "", [], Licence("MIT OR Apache-2.0")),
        ("", "Apache-2.0", [], Licence("Apache-2.0")),
        ("", "BSD 3-Clause License", [], Licence(name="BSD 3-Clause License")),
        ("", "The whole\ntext", ["License :: OSI Approved :: MIT License"], Licence(name="MIT License")),
        ("", "UNKNOWN", ["License :: OSI Approved", "Topic :: Software"], None),
        ("", "", [], None),
    ],
)
def test_licences(expression, field, classifiers, found):
    assert licence_of(expression, field, classifiers) == found


def test_a_kernel_goes_through_run():
    made = json.loads(kernel_specification(("python", "-I"), "/p", "Digits", "box"))
    assert made["argv"][:7] == ["python", "-I", "-C", "/p", "--on", "box", "run"]
    assert made["argv"][-1] == "{connection_file}"
    assert made["display_name"] == "Digits:box (provenv)"
    assert kernel_name("Digits", "box") == "provenv-digits-box"
    assert kernel_name("a.b_c", "here") == "provenv-a.b_c"
