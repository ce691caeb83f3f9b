"""Families and uv in turn, for real: indexes on the loopback, and the default index's own metadata."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from provenv import facts as facts_room
from provenv.errors import Failure
from provenv.lock import explain, fits, read, write
from provenv.model.facts import Python
from provenv.model.spec import Mirrors

MACHINES = Path(__file__).parent.parent / "machines"
H100 = ("NVIDIA H100 80GB HBM3", "9.0")


@pytest.fixture
def indexes(loopback, wheel):
    """A default index without `xgboost-cpu`, with plain and GPU variants, and versions that do not fit."""
    loopback.folders["simple"] = [
        wheel("xgboost", "2.0.3", ("scikit-learn", "nvidia-nccl-cu12 ; sys_platform == 'linux'")),
        wheel("scikit-learn", "1.5.2"),
        wheel("scikit-learn", "1.8.0"),
        wheel("nvidia-nccl-cu12", "2.1", size=300_000_000, body=False),
        wheel("onnxruntime", "1.20.1"),
        wheel("onnxruntime-gpu", "1.20.1"),
        wheel("chromadb", "1.0", ("onnxruntime>=1.14",)),
        wheel("tensorflow", "1.15.5"),
        wheel("tensorflow", "2.21.0", ("keras",)),
        wheel("tensorflow-cpu", "2.21.0", ("keras",)),
        wheel("keras", "3.15.0"),
        wheel("tf-keras", "2.21.0", ("tensorflow",)),
        wheel("pandas", "2.1.4", ("numpy",)),
        wheel("numpy", "1.26.4"),
        wheel("numpy", "2.1.0"),
        wheel("needs-numpy-2", "1.0", ("numpy>=2",)),
        wheel("hungry", "1.0", ("nvidia-nccl-cu12",)),
    ]
    return loopback


@pytest.fixture
def mirrored(indexes):
    return Mirrors(pypi=indexes.url("simple"))


def versions(lock):
    return {package.name: package.version for package in lock.packages}


def test_the_smaller_variant_is_taken_and_the_plain_one_left_out(mirrored, declared, machine, make_lock):
    spec = declared("tensorflow", "tf-keras", mirrors=mirrored)
    lock = make_lock(spec, machine())
    assert versions(lock) == {"tensorflow-cpu": "2.21.0", "keras": "3.15.0", "tf-keras": "2.21.0"}
    assert lock.package("tensorflow-cpu").required_by == ("requirements.txt:1",)
    assert fits(lock, spec, machine())
    # the same lock is not what a machine with a GPU would get
    assert not fits(lock, replace(spec, accelerator="cuda"), machine(H100, driver="580.65.06"))


def test_a_variant_that_no_index_has_is_given_up_with_the_reason(mirrored, declared, machine, make_lock):
    spec = declared("xgboost", mirrors=mirrored)
    lock = make_lock(spec, machine())
    assert versions(lock) == {"xgboost": "2.0.3", "scikit-learn": "1.5.2"}
    (refusal,) = lock.choice("variant:xgboost").refused
    assert (refusal.value, refusal.why.key) == ("xgboost-cpu", "lock.families.variant.no_index")
    # NCCL is left out, and scikit-learn kept below what this XGBoost breaks with
    assert lock.choice("library:nccl").value == "none"
    assert lock.choice("limit:scikit-learn").value == "scikit-learn<1.6"
    assert lock.findings == ()
    assert fits(lock, spec, machine())
    assert read(write(lock), "pylock.toml") == lock


def test_the_gpus_variant_replaces_the_plain_one_of_others_too(mirrored, declared, machine, make_lock):
    spec = declared("onnxruntime", "chromadb", mirrors=mirrored)
    facts = machine(H100, driver="535.54")
    lock = make_lock(spec, facts, foreign=True)
    assert versions(lock) == {"onnxruntime-gpu": "1.20.1", "chromadb": "1.0"}
    explained = explain("onnxruntime", lock, spec)
    assert [one.value for one in explained.choices] == ["onnxruntime-gpu"]
    assert versions(make_lock(spec, machine()))["onnxruntime"] == "1.20.1"


def test_both_variants_are_an_error_with_both_lines(mirrored, declared, machine, make_lock):
    with pytest.raises(Failure) as caught:
        make_lock(declared("onnxruntime", "onnxruntime-gpu", mirrors=mirrored), machine())
    (found,) = caught.value.problems
    assert (found.code, found.where.line, found.why.args["line"]) == ("PV380", 2, "requirements.txt:1")


def test_a_limit_that_leaves_no_solution_is_given_up_and_said(mirrored, declared, machine, make_lock):
    spec = declared("pandas", "needs-numpy-2", mirrors=mirrored)
    lock = make_lock(spec, machine())
    assert versions(lock)["numpy"] == "2.1.0"
    assert [one.code for one in lock.findings] == ["PV393"]
    assert versions(make_lock(declared("pandas", mirrors=mirrored), machine()))["numpy"] == "1.26.4"


def test_what_drags_in_libraries_for_a_gpu_is_said(mirrored, declared, machine, make_lock):
    lock = make_lock(declared("hungry", mirrors=mirrored), machine())
    (found,) = lock.findings
    assert found.code == "PV398"
    assert (found.what.args["cause"], found.what.args["size_bytes"]) == ("hungry", 300_000_000)


def test_what_cant_work_here_is_said_at_once_and_before_anything_is_asked(
    indexes, mirrored, declared, machine, make_lock
):
    with pytest.raises(Failure) as caught:
        make_lock(declared("flash-attn", "vllm", mirrors=mirrored), machine())
    assert [one.what.args["name"] for one in caught.value.problems] == ["flash-attn", "vllm"]
    assert indexes.log == []


def real(name):
    """Facts of a recorded machine, with this interpreter's Python."""
    found = facts_room.load(MACHINES / f"{name}.json")
    return replace(found, pythons=(Python(sys.executable, ".".join(map(str, sys.version_info[:3]))),))


@pytest.fixture
def environment_of_machine():
    """The user's own network settings and cache: only metadata is fetched."""
    kept = ("PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "UV_CACHE_DIR", "HTTPS_PROXY", "https_proxy")
    return {name: os.environ[name] for name in kept if name in os.environ}


def lock_or_skip(make_lock, spec, facts, environment):
    """Lock against the default index; a machine that can't reach it has nothing to say about it."""
    try:
        return make_lock(spec, facts, environment=environment, foreign=True)
    except Failure as failure:
        if failure.problems[0].code in ("PV350", "PV351", "PV354", "PV355"):
            pytest.skip("the default package index can't be reached from here")
        raise


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info < (3, 11), reason="JAX with CUDA 13 needs Python 3.11")
def test_torch_and_jax_share_one_cuda_in_real_metadata(declared, make_lock, environment_of_machine):
    spec = declared("torch", "jax")
    lock = lock_or_skip(make_lock, spec, real("h100-driver580"), environment_of_machine)
    assert lock.choice("accelerator").value == "cu130"
    assert lock.choice("variant:jax").value == "jax[cuda13]"
    names = set(versions(lock))
    assert {"jax-cuda13-plugin", "nvidia-cudnn-cu13"} <= names
    assert not [name for name in names if name.endswith("-cu12")]
    assert versions(lock)["jax"] == versions(lock)["jaxlib"]


@pytest.mark.slow
@pytest.mark.skipif(not (3, 10) <= sys.version_info[:2] <= (3, 13), reason="TensorFlow has no wheel for it")
def test_tensorflow_brings_its_cuda_or_nothing_of_it(declared, make_lock, environment_of_machine):
    lock = lock_or_skip(make_lock, declared("tensorflow"), real("v100-driver535"), environment_of_machine)
    assert {"tensorflow", "nvidia-cudnn-cu12"} <= set(versions(lock))
    lock = lock_or_skip(make_lock, declared("tensorflow"), real("cpu-amx"), environment_of_machine)
    assert "tensorflow-cpu" in versions(lock)
    assert not [name for name in versions(lock) if name.startswith("nvidia-")]


@pytest.mark.slow
@pytest.mark.parametrize("machine_name", ["cpu-amx", "mi300x"])
def test_nothing_of_nvidias_for_a_machine_without_one(
    machine_name, declared, make_lock, environment_of_machine
):
    spec = declared("xgboost", "lightgbm", "onnxruntime", "jax", "keras")
    lock = lock_or_skip(make_lock, spec, real(machine_name), environment_of_machine)
    assert not [name for name in versions(lock) if name.startswith("nvidia-")]


@pytest.mark.slow
def test_onnxruntime_brings_its_cuda_libraries(declared, make_lock, environment_of_machine):
    lock = lock_or_skip(make_lock, declared("onnxruntime"), real("v100-driver535"), environment_of_machine)
    assert {"onnxruntime-gpu", "nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= set(versions(lock))
    assert "onnxruntime" not in versions(lock)


def test_what_computes_on_the_processor_alone_has_the_processor_as_its_accelerator(
    mirrored, declared, machine, make_lock
):
    spec, facts = declared("tensorflow==1.15.5", mirrors=mirrored), machine(H100, driver="580.65.06")
    lock = make_lock(spec, facts)
    chosen = lock.choice("accelerator")
    assert (chosen.value, chosen.refused) == ("cpu", ())
    (said,) = [one for one in lock.findings if one.code == "PV387"]
    assert chosen.why == said.why
    assert fits(lock, spec, facts)
    # beside it something that uses the GPU
    beside = declared("tensorflow==1.15.5", "onnxruntime-gpu", mirrors=mirrored)
    assert make_lock(beside, facts).choice("accelerator").value == "cu130"
