"""Which checks apply to what is installed."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from provenv import proof
from provenv.errors import Failure, Place
from provenv.hosts.fake import FakeHost
from provenv.model.channel import Completed
from provenv.model.facts import Cpu, Facts, Gpu, Memory, Nvidia, Platform
from provenv.model.progress import Silent
from provenv.model.spec import Requirement, Spec
from provenv.proof import sent
from provenv.proof.entry import Given
from provenv.proof.judges.results import judge_results
from provenv.proof.sending import job
from provenv.proof.table import TABLE

PAYLOAD = Path(__file__).resolve().parents[2] / "src/provenv/payload"
CATALOGUES = PAYLOAD.parent / "ui/catalogues"
PLACE = Place("requirements.txt", 1)
SPEC = Spec("x", ".", "requirements.txt", ("requirements.txt",), "0")
FACTS = Facts(Platform("linux", "x86_64"), cpu=Cpu(granted=3.5), nvidia=Nvidia(state="ready"))
NUMPY = {"linear-algebra", "random-generators", "blas-threads", "measure-compute", "measure-memory"}
TORCH = {
    "tensors", "gradients", "repeatability", "data-loading", "checkpoint", "all-reduce", "mixed-precision",
    "training", "measure-compute", "measure-memory",
}  # fmt: skip
ALWAYS = {"files", "imports", "libraries", "dependencies", "measure-storage"}


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
    packages = {need.partition("|")[0]: "3" for entry in TABLE for need in entry.needs}
    packages |= {"tf-keras": "2", "jax-cuda13-plugin": "1"}
    spec = replace(SPEC, prove={"smoke": "true"})
    assert [check.name for check in proof.applicable(packages, spec, FACTS)] == [
        *proof.NAMES,
        "command.smoke",
    ]


FRAMEWORKS = {
    "tensorflow": "tensorflow-devices tensorflow-tensors tensorflow-gradients tensorflow-compiling "
    "tensorflow-data tensorflow-training tensorflow-saving tensorflow-processes",
    "jax": "jax-tensors jax-gradients jax-compiling jax-random jax-training jax-saving jax-processes",
    "lightning": "lightning-training lightning-processes",
    "transformers": "transformers-model transformers-generation transformers-saving",
}


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        ({"tensorflow": "2.21"}, FRAMEWORKS["tensorflow"]),
        (
            {"tensorflow-cpu": "2.21", "keras": "3.15"},
            FRAMEWORKS["tensorflow"].removeprefix("tensorflow-devices ") + " keras-tensorflow",
        ),
        ({"jax": "0.10", "jax-cuda13-plugin": "0.10"}, FRAMEWORKS["jax"] + " jax-devices"),
        ({"tensorflow": "2.15", "keras": "2.15"}, FRAMEWORKS["tensorflow"] + " keras-legacy"),
        (
            {"tensorflow": "2.21", "keras": "3.15", "tf-keras": "2.21"},
            FRAMEWORKS["tensorflow"] + " keras-tensorflow keras-legacy",
        ),
        ({"jax": "0.10", "keras": "3.15"}, FRAMEWORKS["jax"] + " keras-jax"),
        ({"torch": "2+cpu", "lightning": "2"}, FRAMEWORKS["lightning"]),
        ({"torch": "2+cpu", "pytorch-lightning": "2"}, FRAMEWORKS["lightning"]),
        ({"torch": "2+cpu", "transformers": "5", "peft": "1"}, FRAMEWORKS["transformers"] + " peft"),
        ({"torch": "2+cpu", "accelerate": "1", "deepspeed": "1"}, "accelerate deepspeed"),
        ({"torch": "2+cpu", "keras": "3"}, "keras-torch"),
        ({"keras": "3"}, ""),
        ({"onnxruntime-gpu": "1"}, "onnx-providers onnx-sessions"),
        ({"xgboost-cpu": "3", "numpy": "2"}, "xgboost"),
        ({"torch": "2+cpu", "flash-attn": "2", "xformers": "1"}, "flash-attn xformers"),
        ({"cupy-cuda13x": "14", "faiss-cpu": "1", "numpy": "2"}, "cupy faiss"),
        ({"opencv-python-headless": "5", "numpy": "2", "pillow": "12"}, "opencv pillow"),
    ],
)
def test_each_framework_has_checks_of_its_own(packages, expected):
    found = {check.name for check in proof.applicable(packages, SPEC, None)} - ALWAYS - NUMPY - TORCH
    assert found - {"numpy-bridge"} == set(expected.split())


def test_frameworks_are_imported_once_and_never_together():
    packages = {"torch": "2", "tensorflow": "2", "jax": "1", "keras": "3", "numpy": "2", "transformers": "5"}
    found = job(proof.applicable(packages, SPEC, FACTS), "/")["checks"]
    for one in found:
        big = {"torch", "tensorflow", "jax"} & {module.partition(".")[0] for module in one["preload"]}
        assert big in ({one["nursery"]}, set(), {"torch"}), one["name"]
    nurseries = {one["name"]: one["nursery"] for one in found}
    assert {name: nurseries[f"keras-{name}"] for name in ("torch", "tensorflow", "jax")} == {
        "torch": "torch", "tensorflow": "tensorflow", "jax": "jax",
    }  # fmt: skip
    assert nurseries["imports"] == nurseries["linear-algebra"] == ""


def test_one_check_alone_needs_no_nursery():
    (check,) = (one for one in proof.applicable({"torch": "2"}, SPEC, FACTS) if one.name == "gradients")
    assert job([check], "/")["checks"][0]["nursery"] == ""


def test_what_helps_names_the_package_that_is_installed():
    packages = {"onnxruntime-gpu": "1", "tensorflow-cpu": "2", "numpy": "2"}
    found = {check.name: check.package for check in proof.applicable(packages, SPEC, None)}
    assert found["onnx-sessions"] == "onnxruntime-gpu"
    assert found["tensorflow-tensors"] == "tensorflow-cpu"


def test_without_computing_nothing_computes():
    packages = {"torch": "2", "numpy": "2"}
    checks = proof.applicable(packages, replace(SPEC, prove={"smoke": "true"}), FACTS, computing=False)
    assert [check.name for check in checks] == ["files", "imports", "libraries", "dependencies"]


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
    options = checks["accelerator"].options
    assert (options["wanted"], options["expected"], options["states"]["cuda"]) == ("cuda", 0, "ready")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [("tensorflow-cpu", {"tensorflow-devices"}), ("jax", {"jax-devices"}), ("other", set())],
)
def test_a_framework_that_was_declared_for_a_gpu_must_see_one(declared, expected):
    spec = replace(SPEC, accelerator="cuda", requirements=(Requirement(declared, declared, PLACE),))
    packages = {"tensorflow-cpu": "2", "jax": "0.10"}
    found = {check.name for check in proof.applicable(packages, spec, None)}
    assert found & {"tensorflow-devices", "jax-devices"} == expected


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [((), 0), ((Gpu(0, "H100"), Gpu(1, "H100")), 2), ((Gpu(0, "A100", mig="Enabled"), Gpu(1, "A100")), 0)],
)
def test_as_many_gpus_are_expected_as_a_program_should_see(gpus, expected):
    facts = replace(FACTS, nvidia=Nvidia(state="ready", gpus=gpus))
    checks = {check.name: check for check in proof.applicable({"torch": "2"}, SPEC, facts)}
    assert checks["accelerator"].options["expected"] == expected
    assert dict(sent.cuda(Given({}, SPEC, facts))) == {"device": "cuda"}
    assert dict(sent.cuda(Given({}, SPEC, None))) == {"device": "cpu"}


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
def test_every_check_is_one_script_that_needs_no_newer_python(entry):
    source = (PAYLOAD / "checks" / entry.payload).read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    assert any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body)


@pytest.mark.parametrize("path", sorted((PAYLOAD / "shared").glob("*.py")), ids=lambda path: path.stem)
def test_what_scripts_share_needs_no_newer_python_and_is_used(path):
    assert path.stem.startswith("prove_")
    ast.parse(path.read_text(), feature_version=(3, 8))
    others = [
        one for folder in ("checks", "shared") for one in (PAYLOAD / folder).glob("*.py") if one != path
    ]
    assert any(path.stem in one.read_text() for one in others)


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
        ("files", "failed"), ("imports", "failed"), ("libraries", "failed"), ("dependencies", "passed"),
    ]  # fmt: skip
    assert outcomes[0].why.key == "proof.no_result"


def test_what_a_check_says_of_itself_fills_its_words():
    """The scripts' `said` and the catalogues' placeholders are written far from each other."""
    words = {}
    for name in ("proof", "proof_frameworks"):
        with open(CATALOGUES / "en" / f"{name}.po", "rb") as file:
            words |= {(one.id if isinstance(one.id, str) else one.id[0]): one.string for one in read_po(file)}
    lacking = {}
    for entry in TABLE:
        if entry.judge is not judge_results:
            continue
        tree = ast.parse((PAYLOAD / "checks" / entry.payload).read_text())
        told = {"results", "accuracy", "floor"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                told |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
        needed = set(re.findall(r"{(\w+)}", str(words[f"proof.{entry.stem}.did"])))
        if needed - told:
            lacking[entry.name] = needed - told
    assert lacking == {}


def test_a_quick_proof_keeps_what_finds_most_and_computes_on_each_device():
    packages = {"torch": "2.13.0+cu130", "numpy": "2.0", "scikit-learn": "1.5", "joblib": "1.4"}
    spec = replace(SPEC, prove={"smoke": "true"})
    checks = proof.applicable(packages, spec, FACTS)
    kept = [check.name for check in proof.quick(checks)]
    assert kept == [
        "imports", "libraries", "dependencies", "linear-algebra", "accelerator", "tensors", "gradients",
    ]  # fmt: skip


def test_every_framework_that_computes_has_its_share_in_a_quick_proof():
    quick = {entry.name for entry in TABLE if entry.quick}
    for framework in ("", "tensorflow-", "jax-"):
        assert {f"{framework}tensors", f"{framework}gradients"} <= quick
    assert not any(entry.alone for entry in TABLE if entry.quick)


@pytest.mark.parametrize(
    ("cores", "gibibytes", "expected"),
    [(0, 0, 2), (1, 64, 1), (2.5, 64, 2), (16, 64, 4), (16, 4, 2), (4, 1, 1), (4, 0, 4)],
)
def test_as_many_checks_run_at_once_as_cores_and_memory_are_granted(cores, gibibytes, expected):
    facts = replace(FACTS, cpu=Cpu(granted=cores), memory=Memory(available=int(gibibytes * 2**30)))
    assert proof.at_once(facts) == expected
    assert proof.at_once(None) == 2


def test_commands_of_the_user_have_turns_of_their_own():
    checks = proof.applicable({"torch": "2.13.0+cpu"}, replace(SPEC, prove={"smoke": "true"}), FACTS)
    sent_off = {check["name"]: check for check in job(checks, ".", 3)["checks"]}
    turn = {key: sent_off["command.smoke"][key] for key in ("alone", "single", "late")}
    assert turn == {"alone": False, "single": True, "late": True}
    assert job(checks, ".", 3)["parallel"] == 3
    assert [name for name, check in sent_off.items() if check["late"]] == ["imports", "command.smoke"]
