"""Frameworks on machines: which distribution, extra, limit and CUDA each gets, and what is said. Pure.

`cases/families.json` holds one entry for each question; the machines are those of tests/machines.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from provenv import facts as facts_room
from provenv.errors import Text
from provenv.lock import explain
from provenv.lock.accelerators import decide
from provenv.lock.families import Wanted, fit, fit_wanted, narrowed, review, suits
from provenv.lock.families.building import architectures, cuda_home, jobs, nvcc
from provenv.lock.families.wanted import overlaps
from provenv.lock.tables import FOLDER, table
from provenv.model.devices import Toolkit
from provenv.model.facts import Container, Cpu, Memory, Tool
from provenv.model.lock import Artifact, Choice, Lock, Package, Refusal
from provenv.model.stand_ins import STAND_INS

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases" / "families.json").read_text(encoding="utf-8"))
MACHINES = HERE.parent / "machines"


def machine_facts(name):
    return facts_room.load(MACHINES / f"{name}.json")


def asked(declared, machine, *lines, python="3.12", **more):
    facts = machine_facts(machine) if isinstance(machine, str) else machine
    spec = declared(*lines, **more)
    return spec, facts, decide(spec, facts, foreign=True)


def fitted_words(fitted):
    """What the families said, in the form of the cases; what is empty is left out."""
    said = {
        "asks": [one.text for one in fitted.requirements],
        "limits": list(fitted.constraints),
        "leaves_out": list(fitted.excluded),
        "unisolated": list(fitted.unisolated),
        "cuda": fitted.cuda,
        "choices": {one.subject: one.value for one in fitted.choices},
        "says": [f"{one.severity} {one.why.key if one.why else one.code}" for one in fitted.findings],
    }
    return {key: value for key, value in said.items() if value}


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one['machine']}-{'+'.join(one['declared'])}")
def test_what_each_framework_gets_on_each_machine(case, declared):
    python = case.get("python", "3.12")
    spec, facts, decision = asked(declared, case["machine"], *case["declared"])
    assert fitted_words(fit(spec, facts, decision, python=python)) == case["fitted"]


def test_every_case_of_the_issue_is_there():
    frameworks = {
        "tensorflow",
        "jax",
        "onnxruntime",
        "keras",
        "lightning",
        "transformers",
        "xgboost",
        "lightgbm",
    }
    frameworks |= {"vllm", "deepspeed", "flash-attn"}
    machines = {"h100-driver580", "v100-driver535", "mi300x", "arc-a770", "m2-macos15", "cpu-amx"}
    here = {(case["machine"], name) for case in CASES for name in case["declared"]}
    assert {(machine, name) for machine in machines for name in frameworks} <= here


@pytest.mark.parametrize("path", sorted((FOLDER / "families").glob("*.json")), ids=lambda one: one.stem)
def test_a_table_says_what_it_is_and_where_it_is_from(path):
    found = table(f"families/{path.stem}")
    assert found["about"]
    assert found["source"]
    assert found["date"] >= "2026-11-01"


@pytest.mark.parametrize(
    ("specifiers", "first", "last", "expected"),
    [
        ("", "1.0", "1.5", True),
        ("==1.20.1", "1.19", "1.20", True),
        ("==1.20.1", "1.21", None, False),
        ("==0.4.30", "0.4.26", None, True),
        ("==0.4.25", "0.4.26", None, False),
        ("<2", "2.1", "3.3", False),
        (">1.5", "1.0", "1.5", True),
        (">=1.6", "1.0", "1.5", False),
        ("!=1.5.*,>=1.5,<1.7", "1.0", "1.5", False),
        ("~=2.15.0", "2.14", "2.15", True),
        ("==2.*", "1.0", "3.0", True),
        (">=2.10rc1", "2.10", "2.10", True),
    ],
)
def test_versions_overlap_a_span_of_a_table(specifiers, first, last, expected):
    assert overlaps(SpecifierSet(specifiers), first, last) is expected


def test_torch_shares_its_cuda_with_tensorflow(declared):
    spec, facts, decision = asked(declared, "h100-driver580", "torch", "tensorflow")
    assert decision.choice.value.startswith("cu13")
    fitted = fit(spec, facts, decision)
    assert fitted.cuda == 12
    kept = narrowed(decision, fitted.cuda)
    assert kept.candidates
    assert all(one.build.startswith("cu12") for one in kept.candidates)


def test_two_that_share_no_cuda_are_said(declared):
    spec, facts, decision = asked(declared, "h100-driver580", "tensorflow", "vllm>=0.20", "torch")
    findings = [one for one in fit(spec, facts, decision).findings if one.code == "PV381"]
    assert [one.what.args["name"] for one in findings] == ["vllm"]


@pytest.mark.parametrize(
    ("lines", "locked", "limits", "added"),
    [
        (["pandas", "numpy"], {"pandas": "2.1.4", "numpy": "2.1.0"}, ["numpy<2"], []),
        (["pandas", "numpy>=2"], {"pandas": "2.1.4", "numpy": "2.1.0"}, [], []),
        (["pandas", "numpy==2.*"], {"pandas": "2.1.4", "numpy": "2.1.0"}, [], []),
        (["pandas"], {"pandas": "2.2.3", "numpy": "2.1.0"}, [], []),
        (["xgboost==2.0.3"], {"xgboost": "2.0.3", "scikit-learn": "1.8.0"}, ["scikit-learn<1.6"], []),
        (["tensorflow-hub"], {"tensorflow-hub": "0.16.1"}, [], ["setuptools<81"]),
        (["tensorflow-hub"], {"tensorflow-hub": "0.16.1", "setuptools": "82.0"}, ["setuptools<81"], []),
        (["torch==2.2.2"], {"torch": "2.2.2+cpu", "numpy": "2.0.0"}, ["numpy<2"], []),
    ],
)
def test_a_misfit_is_kept_apart_where_the_range_is_open(lines, locked, limits, added, declared):
    spec, facts, decision = asked(declared, "cpu-amx", *lines)
    wanted = Wanted(spec, facts, decision, "3.12", locked)
    fitted = fit_wanted(wanted)
    assert [
        one for one in fitted.constraints if one.split("<")[0] in ("numpy", "scikit-learn", "setuptools")
    ] == limits
    assert [one.text for one in fitted.requirements if one.text.startswith("setuptools")] == added
    # and what was found once stays, though the versions that called for it are gone
    again = fit_wanted(replace(wanted, locked={**locked, "numpy": "1.26.4"}, held=fitted.held))
    assert set(limits) <= set(again.constraints)


def test_a_misfit_that_the_user_pinned_is_a_finding(declared):
    spec, facts, decision = asked(declared, "cpu-amx", "pandas==2.1.4", "numpy==2.1.0")
    packages = (Package("pandas", "2.1.4"), Package("numpy", "2.1.0"))
    findings = review(packages, spec, facts, decision)
    assert [(one.code, one.where.line) for one in findings] == [("PV393", 2)]
    assert findings[0].why == Text(
        "lock.families.misfit.numpy1", {"name": "pandas", "version": "2.1.4", "other": "numpy"}
    )


def library(name, size, *causes, version="1"):
    return Package(name, version, (Artifact(f"{name}.whl", size=size),), required_by=causes)


def test_libraries_for_a_gpu_that_is_not_there_are_said_with_their_size(declared):
    spec, facts, decision = asked(declared, "cpu-amx", "somepackage")
    packages = (
        library("somepackage", 10, "requirements.txt:1"),
        library("nvidia-cublas-cu12", 500, "somepackage"),
        library("nvidia-nccl-cu12", 300, "somepackage", "nvidia-cublas-cu12"),
        library("nvidia-ml-py", 1, "somepackage"),
    )
    (finding,) = review(packages, spec, facts, decision)
    assert finding.code == "PV398"
    assert finding.what.args["size_bytes"] == 800
    assert finding.what.args["cause"] == "somepackage"
    spec, facts, decision = asked(declared, "h100-driver580", "somepackage")
    assert review(packages, spec, facts, decision) == ()


def test_of_many_libraries_the_largest_are_named_and_all_are_counted(declared):
    spec, facts, decision = asked(declared, "cpu-amx", "somepackage")
    packages = [library(f"nvidia-{number}", number, "somepackage") for number in range(1, 10)]
    (finding,) = review(packages, spec, facts, decision)
    args = finding.what.args
    assert args["names"] == "nvidia-9, nvidia-8, nvidia-7, nvidia-6, nvidia-5, ..."
    assert (args["n"], args["size_bytes"]) == (9, 45)


def test_two_majors_of_one_library_are_said(declared):
    spec, facts, decision = asked(declared, "h100-driver580", "torch")
    packages = (library("nvidia-cudnn-cu12", 1, "a"), library("nvidia-cudnn-cu13", 1, "b"))
    assert [one.code for one in review(packages, spec, facts, decision)] == ["PV397"]


@pytest.mark.parametrize(
    ("lines", "packages", "codes"),
    [
        (
            ["a", "b"],
            [library("opencv-python", 1, "a"), library("opencv-python-headless", 1, "b")],
            ["PV399"],
        ),
        (["opencv-python"], [library("opencv-python", 1, "requirements.txt:1")], []),
        (["tensorflow"], [library("tensorflow", 1), library("tensorflow-intel", 1, "tensorflow")], []),
        (["a"], [library("onnxruntime", 1, "a"), library("onnxruntime-gpu", 1, "a")], ["PV399"]),
        (["a"], [library("jax", 1, version="0.4.30"), library("jaxlib", 1, version="0.5.0")], ["PV393"]),
        (["a"], [library("jax", 1, version="0.5.0"), library("jaxlib", 1, version="0.5.0")], []),
    ],
)
def test_shared_files_and_pairs_are_reviewed(lines, packages, codes, declared):
    spec, facts, decision = asked(declared, "cpu-amx", *lines)
    assert [one.code for one in review(packages, spec, facts, decision)] == codes


def test_in_a_container_opencv_without_windows_is_suggested(declared):
    facts = replace(machine_facts("cpu-amx"), container=Container(kind="docker"))
    spec, facts, decision = asked(declared, facts, "opencv-python")
    found = review((library("opencv-python", 1, "requirements.txt:1"),), spec, facts, decision)
    assert [one.why.key for one in found] == ["PV395.headless"]


def test_xgboost_takes_the_nccl_that_torch_brings(declared):
    spec, facts, decision = asked(declared, "h100-driver580", "torch", "xgboost", "jax")
    wanted = Wanted(
        spec,
        facts,
        decision,
        "3.12",
        {"torch": "2.14", "nvidia-nccl-cu13": "2", "nvidia-nccl-cu12": "2", "jax": "0.9"},
    )
    fitted = fit_wanted(wanted)
    assert "nvidia-nccl-cu12" in fitted.excluded
    # it stays out when the lock no longer has both
    again = fit_wanted(replace(wanted, locked={"nvidia-nccl-cu13": "2"}, held=fitted.held))
    assert "nvidia-nccl-cu12" in again.excluded


def test_what_is_locked_by_others_counts_too(declared):
    spec, facts, decision = asked(declared, "h100-driver580", "flax")
    fitted = fit_wanted(
        Wanted(spec, facts, decision, "3.12", {"flax": "0.12", "jax": "0.12", "jaxlib": "0.12"})
    )
    assert [one.text for one in fitted.requirements] == ["flax", "jax[cuda13]"]
    assert fitted.requirements[1].where == spec.requirements[0].where


def test_a_name_that_no_index_has_is_given_up(declared):
    spec, facts, decision = asked(declared, "cpu-amx", "xgboost")
    fitted = fit_wanted(Wanted(spec, facts, decision, "3.12", without=frozenset({"xgboost-cpu"})))
    assert [one.text for one in fitted.requirements] == ["xgboost"]
    (choice,) = [one for one in fitted.choices if one.subject == "variant:xgboost"]
    assert choice.refused == (Refusal("xgboost-cpu", Text("lock.families.variant.no_index")),)


def lock_with(*choices):
    return Lock("here", "3.12", "", (Package("onnxruntime-gpu", "1.31.1"),), choices, "")


def test_a_lock_is_stale_where_the_machine_would_get_another_variant(declared):
    why = Text("x")
    spec, facts, decision = asked(declared, "h100-driver580", "onnxruntime")
    ours = lock_with(Choice("variant:onnxruntime", "onnxruntime-gpu", why))
    assert suits(ours, spec, facts, decision)
    other = lock_with(Choice("variant:onnxruntime", "onnxruntime-openvino", why))
    assert not suits(other, spec, facts, decision)
    # no index had the better one: it is not asked for again at every `up`
    made_do = lock_with(
        Choice("variant:onnxruntime", "onnxruntime", why, (Refusal("onnxruntime-gpu", Text("y")),))
    )
    assert suits(made_do, spec, facts, decision)


@pytest.mark.parametrize("subject", ["onnxruntime", "onnxruntime-gpu", "variant:onnxruntime"])
def test_why_shows_the_variant(subject, declared):
    lock = lock_with(Choice("variant:onnxruntime", "onnxruntime-gpu", Text("x")))
    assert [one.value for one in explain(subject, lock, declared("onnxruntime")).choices] == [
        "onnxruntime-gpu"
    ]


def test_building_is_planned_by_what_the_machine_has():
    facts = machine_facts("h100-driver580")
    facts = replace(facts, cpu=Cpu(granted=16.0), memory=Memory(granted=40 << 30))
    assert jobs(facts, 20.0) == 2
    assert jobs(facts, 1.0) == 16
    assert jobs(replace(facts, cpu=Cpu(), memory=Memory()), 4.0) == 1
    assert architectures(facts) == "9.0"
    assert nvcc(facts) == "12.8.1"
    old = Toolkit("cuda", "11.8", "/opt/cuda-11.8")
    assert nvcc(replace(facts, toolkits=(old, *facts.toolkits))) == "12.8.1"
    assert cuda_home(replace(facts, toolkits=(old,))) == "/opt/cuda-11.8"
    bare = replace(facts, toolkits=(), tools=(Tool("nvcc", "/opt/cuda/bin/nvcc", "13.0"),))
    assert (nvcc(bare), cuda_home(bare)) == ("13.0", "/opt/cuda")
    assert nvcc(replace(facts, toolkits=(), tools=())) is None


@pytest.mark.parametrize(
    ("tools", "toolkits", "said"),
    [
        ((), (), []),
        (("git",), (), ["PV396.compiler", "PV396.nvcc"]),
        (("g++",), (), ["PV396.nvcc"]),
        (("g++",), (("cuda", "12.8"),), ["PV396.major"]),
        (("g++",), (("cuda", "11.4"),), ["PV396.old"]),
        (("g++",), (("cuda", "13.0"),), []),
    ],
)
def test_what_is_missing_for_compiling_is_said_before_it_fails(tools, toolkits, said, declared):
    facts = replace(
        machine_facts("h100-driver580"),
        tools=tuple(Tool(name, f"/usr/bin/{name}", "1") for name in tools),
        toolkits=tuple(Toolkit(name, version, "/usr/local/cuda", active=True) for name, version in toolkits),
    )
    spec, facts, decision = asked(declared, facts, "torch", "flash-attn")
    found = [one for one in fit(spec, facts, decision).findings if one.code == "PV396"]
    assert [one.why.key for one in found] == said
    # its setup may still find a finished wheel, so it is tried
    assert {one.severity for one in found} <= {"warning"}
    assert all(one.hints for one in found)


def test_the_proof_knows_whatever_may_stand_in_for_a_declared_name():
    for name, group in table("families/variants")["groups"].items():
        ranked = {one for order in group["order"].values() for one in order}
        ranked |= {one for one, member in group["members"].items() if member.get("display")}
        for free in group["free"]:
            assert ranked - {free} <= set(STAND_INS.get(free, ())), name
