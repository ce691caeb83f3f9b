"""From facts to a lock for many kinds of machine: made for real by uv, written, read back, the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provenv import facts as facts_room
from provenv.lock import explain, fits, read, write
from provenv.lock.install import requirements, torch_source
from provenv.lock.sources import Sources
from provenv.lock.tables import table
from provenv.model.facts import Platform, Python
from provenv.model.lock import Lock
from provenv.model.spec import Mirrors
from provenv.pipconf import PipConfiguration

MACHINES = Path(__file__).resolve().parents[1] / "machines"
MANYLINUX = {"x86_64": "manylinux_2_28_x86_64", "aarch64": "manylinux_2_28_aarch64"}
FOREIGN = (
    "nvidia-",
    "cuda-",
    "triton",
    "pytorch-triton",
    "rocm",
    "intel-",
    "torch-npu",
    "torch-xla",
    "libtpu",
)


@pytest.fixture
def indexes(loopback, wheel):
    """PyTorch's index with a folder a build, NVIDIA's for Jetson, and a default one, for Python 3.11."""

    def torch(version, *requires, platform=MANYLINUX["x86_64"], name="torch"):
        return wheel(name, version, ("six", *requires), f"cp311-cp311-{platform}", size=10**9, body=False)

    def anywhere(name, version, *requires):
        return wheel(name, version, requires, body=False)

    both = tuple(MANYLINUX.values())
    loopback.folders["simple"] = [
        # as the default index: CUDA for Linux, MPS for macOS
        *(torch("2.14.0", "nvidia-cuda-runtime==13.0.96", platform=one) for one in both),
        *(torch(one, platform="macosx_14_0_arm64") for one in ("2.13.0", "2.14.0")),
        *(torch(one, platform="macosx_11_0_arm64") for one in ("2.4.1", "2.5.1")),
        anywhere("nvidia-cuda-runtime", "13.0.96"),
        anywhere("six", "1.17.0"),
        torch("2.5.1", "torch==2.5.1+cpu", name="torch-npu"),
        torch("2.5.1", "torch==2.5.1", name="torch-npu", platform=both[1]),
        torch("2.9.0", "libtpu==0.0.21 ; extra == 'tpu'", name="torch-xla"),
        wheel("libtpu", "0.0.21", tag="py3-none-manylinux_2_31_x86_64", body=False),
        # what squats a name that belongs to torch's own index
        anywhere("triton-rocm", "0.0.1"),
    ]
    loopback.folders["whl/cpu"] = [
        torch("2.9.0+cpu"),
        *(torch(version, platform=one) for one in both for version in ("2.5.1+cpu", "2.14.0+cpu")),
    ]
    loopback.folders["whl/cu130"] = [
        *(torch("2.14.0+cu130", "nvidia-cuda-runtime==13.0.96", platform=one) for one in both)
    ]
    loopback.folders["whl/cu126"] = [
        *(torch("2.14.0+cu126", "nvidia-cuda-runtime==13.0.96", platform=one) for one in both)
    ]
    loopback.folders["whl/rocm7.14"] = [
        torch("2.14.0+rocm7.14", "triton-rocm==3.7.1", "rocm[libraries]==7.14.0"),
        anywhere("triton-rocm", "3.7.1"),
        wheel(
            "rocm", "7.14.0", ("rocm-sdk-core==7.14.0", "rocm-sdk-libraries==7.14.0 ; extra == 'libraries'")
        ),
        anywhere("rocm-sdk-core", "7.14.0"),
        anywhere("rocm-sdk-libraries", "7.14.0"),
    ]
    loopback.folders["whl/rocm7.1"] = [
        torch("2.13.0+rocm7.1", "triton-rocm==3.7.1"),
        anywhere("triton-rocm", "3.7.1"),
    ]
    loopback.folders["whl/rocm6.3"] = [
        torch("2.9.1+rocm6.3", "pytorch-triton-rocm==3.5.1"),
        anywhere("pytorch-triton-rocm", "3.5.1"),
    ]
    loopback.folders["whl/xpu"] = [
        torch("2.14.0+xpu", "triton-xpu==3.7.0"),
        anywhere("triton-xpu", "3.7.0"),
    ]
    loopback.folders["jp6/cu126"] = [
        wheel("torch", "2.8.0", ("six",), "cp311-cp311-linux_aarch64", body=False),
        wheel("six", "9.9.9"),
    ]
    return loopback


@pytest.fixture
def lock_for(indexes, declared, make_lock, monkeypatch):
    """Make a lock for a machine of tests/machines from the loopback's indexes."""

    def address(name):
        changed = table(name)
        if name == "jetson":
            rows = [
                {**row, "index": row["index"] and indexes.url("jp6/cu126")} for row in changed["releases"]
            ]
            return {**changed, "releases": rows}
        return changed

    monkeypatch.setattr("provenv.lock.accelerators.tegra.table", address)

    def make(name, *lines, **more):
        facts = facts_room.load(MACHINES / f"{name}.json")
        facts = replace(facts, pythons=(Python("/usr/bin/python3.11", "3.11.9"),))
        mirrors = Mirrors(pypi=indexes.url("simple"), torch=indexes.url("whl"))
        spec = declared(*(lines or ("torch",)), mirrors=mirrors, python="3.11", **more)
        return make_lock(spec, facts, foreign=True), spec, facts

    return make


def names(lock: Lock) -> set[str]:
    return {package.name for package in lock.packages}


@pytest.mark.parametrize(
    ("machine_name", "accelerator", "torch", "beside"),
    [
        ("h100-driver580", "cu130", "2.14.0+cu130", {"nvidia-cuda-runtime"}),
        ("v100-driver535", "cu126", "2.14.0+cu126", {"nvidia-cuda-runtime"}),
        ("gh200", "cu126", "2.14.0+cu126", {"nvidia-cuda-runtime"}),
        ("mi300x", "rocm7.1", "2.13.0+rocm7.1", {"triton-rocm"}),
        ("arc-a770", "xpu", "2.14.0+xpu", {"triton-xpu"}),
        ("m2-macos15", "mps", "2.14.0", set()),
        ("macos12-m1", "mps", "2.4.1", set()),
        ("ascend-910b-x86", "ascend", "2.5.1+cpu", {"torch-npu"}),
        ("ascend-910b", "ascend", "2.5.1+cpu", {"torch-npu"}),
        ("tpu-v5e", "tpu", "2.9.0+cpu", {"torch-xla", "libtpu"}),
        ("jetson-orin", "jetson", "2.8.0", set()),
        ("jetson-thor", "cu130", "2.14.0+cu130", {"nvidia-cuda-runtime"}),
        ("cpu-amx", "cpu", "2.14.0+cpu", set()),
        ("container-without-device", "cpu", "2.14.0+cpu", set()),
    ],
)
def test_facts_become_a_lock_with_the_right_build_and_nothing_foreign(
    machine_name, accelerator, torch, beside, lock_for
):
    made, spec, facts = lock_for(machine_name)
    assert made.choice("accelerator").value == accelerator
    assert made.package("torch").version == torch
    assert names(made) == {"torch", "six", *beside}
    assert not {one for one in names(made) - beside if one.startswith(FOREIGN)}
    # what has a namesake elsewhere still comes from torch's index; the rest never does
    assert made.package("six").version == "1.17.0"
    again = read(write(made), "pylock.toml")
    assert replace(again, findings=made.findings) == made
    assert fits(again, spec, facts)
    assert explain("accelerator", again, spec).choices[0].value == accelerator


def test_names_that_only_torchs_index_has_are_taken_from_there(lock_for):
    made, _, _ = lock_for("mi300x", "torch==2.9.*")
    assert made.choice("accelerator").value == "rocm6.3"
    assert made.package("pytorch-triton-rocm").version == "3.5.1"


def test_a_squatted_name_is_not_taken_for_torchs_own(lock_for, indexes, wheel):
    indexes.folders["simple"] += [
        wheel("triton-rocm", "3.7.1", content="evil = True"),
        wheel("rocm", "7.14.0"),
    ]
    made, _, _ = lock_for("mi300x", "torch==2.14.*")
    assert {"rocm", "rocm-sdk-core", "rocm-sdk-libraries"} <= names(made)
    own = {one.filename: one.sha256 for one in indexes.folders["whl/rocm7.14"]}
    for name in ("triton-rocm", "rocm"):
        artifact = made.package(name).artifacts[0]
        assert artifact.hashes["sha256"] == own[artifact.filename]


def test_a_plugin_of_the_users_own_choice_stays(lock_for):
    made, _, _ = lock_for("tpu-v5e", "torch", "torch-xla[tpu]==2.9.0")
    assert made.package("torch").version == "2.9.0+cpu"
    assert explain("torch-xla", made, lock_for("tpu-v5e")[1]).choices[0].value == "tpu"


def test_a_lock_for_one_kind_of_machine_does_not_fit_another(lock_for):
    made, spec, _ = lock_for("ascend-910b-x86")
    cpu = facts_room.load(MACHINES / "cpu-amx.json")
    assert not fits(made, spec, replace(cpu, pythons=(Python("/usr/bin/python3.11", "3.11.9"),)))


def test_a_jetsons_lock_is_installed_from_nvidias_index(lock_for, indexes):
    made, spec, _ = lock_for("jetson-orin")
    source = torch_source(made, spec, Sources(torch=indexes.url("whl")))
    assert source.url == indexes.url("jp6/cu126")
    assert "torch===2.8.0" in requirements(made)


@pytest.mark.parametrize("name", ["ascend-910b-x86", "tpu-v5e"])
def test_plugins_use_the_index_of_cpu_builds(name, lock_for, indexes):
    made, spec, _ = lock_for(name)
    source = torch_source(made, spec, Sources(torch=indexes.url("whl")))
    assert source.url == indexes.url("whl/cpu")


def test_without_torch_nothing_is_added(lock_for):
    made, _, _ = lock_for("ascend-910b-x86", "six")
    assert names(made) == {"six"}
    assert made.choice("accelerator").value == "ascend"


def test_an_old_macos_takes_no_wheels_of_a_newer_one(lock_for, declared, indexes, make_lock):
    made, _, _ = lock_for("macos12-m1", "torch==2.4.*")
    assert [one.filename for one in made.package("torch").artifacts] == [
        "torch-2.4.1-cp311-cp311-macosx_11_0_arm64.whl"
    ]


def test_machines_without_a_mirror_are_sent_to_pytorchs_own_folder(declared, make_lock, indexes, monkeypatch):
    family = {**table("torch_family"), "index": indexes.url("whl") + "/{build}"}
    monkeypatch.setattr(
        "provenv.lock.sources.table", lambda name: family if name == "torch_family" else table(name)
    )
    facts = facts_room.load(MACHINES / "arc-a770.json")
    facts = replace(facts, pythons=(Python("/usr/bin/python3.11", "3.11.9"),))
    spec = declared("torch", mirrors=Mirrors(pypi=indexes.url("simple")), python="3.11")
    made = make_lock(spec, facts, foreign=True, pip=PipConfiguration())
    assert made.choice("source:torch").value == f"public {indexes.url('whl/xpu')}"
    assert Platform("linux", "x86_64").system == facts.platform.system
