"""Which checks apply to what is installed."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from provenv import proof
from provenv.errors import Failure, Place
from provenv.hosts.fake import FakeHost
from provenv.model.channel import Completed
from provenv.model.facts import Cpu, Facts, Nvidia, Platform
from provenv.model.progress import Silent
from provenv.model.spec import Requirement, Spec
from provenv.proof.selection import TABLE

PAYLOAD = Path(__file__).resolve().parents[2] / "src/provenv/payload"
PLACE = Place("requirements.txt", 1)
SPEC = Spec("x", ".", "requirements.txt", ("requirements.txt",), "0")
FACTS = Facts(Platform("linux", "x86_64"), cpu=Cpu(granted=3.5), nvidia=Nvidia(state="ready"))
NUMPY = {"linear-algebra", "random-generators", "blas-threads", "measure-compute", "measure-memory"}
TORCH = {
    "tensors", "gradients", "repeatability", "data-loading", "checkpoint", "all-reduce", "mixed-precision",
    "training", "measure-compute", "measure-memory",
}  # fmt: skip
ALWAYS = {"files", "imports", "dependencies", "measure-storage"}


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        ({}, ALWAYS),
        ({"numpy": "2.0"}, ALWAYS | NUMPY),
        ({"torch": "2.13.0+cpu"}, ALWAYS | TORCH),
        ({"torch": "2.13.0+cu130"}, ALWAYS | TORCH | {"accelerator"}),
        ({"torch": "2.13.0"}, ALWAYS | TORCH | {"accelerator"}),
        ({"torch": "2.13.0+cpu", "numpy": "2.0"}, ALWAYS | TORCH | NUMPY | {"numpy-bridge"}),
        ({"scikit-learn": "1.5", "joblib": "1.4"}, ALWAYS | {"classifiers", "processes"}),
    ],
)
def test_checks_fit_what_is_installed(packages, expected):
    assert {check.name for check in proof.applicable(packages, SPEC, None)} == expected


def test_the_order_is_the_tables_and_names_are_unique():
    packages = {"torch": "2", "numpy": "2", "scikit-learn": "1", "joblib": "1"}
    names = [
        check.name for check in proof.applicable(packages, replace(SPEC, prove={"smoke": "true"}), FACTS)
    ]
    assert names == [*proof.NAMES, "command.smoke"]


def test_without_computing_nothing_computes():
    packages = {"torch": "2", "numpy": "2"}
    checks = proof.applicable(packages, replace(SPEC, prove={"smoke": "true"}), FACTS, computing=False)
    assert [check.name for check in checks] == ["files", "imports", "dependencies"]


def test_options_come_from_the_declaration_and_the_facts():
    spec = replace(
        SPEC,
        accelerator="cuda",
        requirements=(
            Requirement("NumPy>=2", "numpy", PLACE),
            Requirement("colorama; sys_platform == 'win32'", "colorama", PLACE),
            Requirement("./own", "", PLACE, editable=True),
        ),
    )
    checks = {check.name: check for check in proof.applicable({"numpy": "2", "torch": "2+cpu"}, spec, FACTS)}
    assert checks["imports"].options["packages"] == ["numpy"]
    assert checks["imports"].options["parallel"] == 3
    assert checks["dependencies"].options["declared"] == ["NumPy>=2", "colorama; sys_platform == 'win32'"]
    assert checks["blas-threads"].options["granted"] == 3.5
    assert checks["accelerator"].options == {"wanted": "cuda", "state": "ready"}


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
def test_every_check_is_one_script_that_needs_no_newer_python(entry):
    source = (PAYLOAD / "checks" / entry.payload).read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    assert any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body)


def test_no_script_lies_about_unused():
    scripts = {path.name for path in (PAYLOAD / "checks").glob("*.py")}
    assert scripts == {entry.payload for entry in TABLE} | {"command.py"}


def test_a_runner_that_does_not_start_is_one_problem():
    host = FakeHost.of(("/gone/bin/python", Completed((), 1, stderr=b"ImportError: no encodings\n")))
    with pytest.raises(Failure) as caught:
        proof.run(
            host,
            "/gone/bin/python",
            proof.applicable({}, SPEC, None),
            environment={},
            folder="/",
            progress=Silent(),
        )
    assert [problem.code for problem in caught.value.problems] == ["PV501"]
    assert "no encodings" in str(caught.value.problems[0].why)


def test_what_a_lost_runner_did_not_reach_has_failed():
    result = {"distributions": [], "markers": {"python_full_version": "3.11.0"}}
    ended = json.dumps({"name": "dependencies", "seconds": 0.1, "result": result})
    lines = f'noise\n{{"started": "files"}}\n{ended}\n'
    host = FakeHost.of(("python", Completed((), -9, stdout=lines.encode())))
    outcomes = proof.run(
        host,
        "python",
        proof.applicable({}, SPEC, None, computing=False),
        environment={},
        folder="/",
        progress=Silent(),
    )
    assert [(outcome.name, outcome.status) for outcome in outcomes] == [
        ("files", "failed"), ("imports", "failed"), ("dependencies", "passed"),
    ]  # fmt: skip
    assert outcomes[0].why.key == "proof.no_result"
