"""The judges: raw results in, outcomes out; every word that they say exists in both languages."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from provenv import proof
from provenv.errors import Text
from provenv.model.codec import from_json, to_json
from provenv.model.evidence import Check, Evidence, Outcome
from provenv.proof.judges.results import judge_results
from provenv.proof.judges.tolerance import tolerance
from provenv.proof.table import TABLE

CATALOGUES = Path(__file__).resolve().parents[2] / "src/provenv/ui/catalogues"


def check(name: str, **options: object) -> Check:
    entry = next((entry for entry in TABLE if entry.name == name), None)
    if entry is None:
        return Check(name, "command.py", 10.0, options, "command")
    package = entry.needs[0].partition("|")[0] if entry.needs else ""
    return Check(entry.name, entry.payload, entry.limit, {**entry.options, **options}, entry.group, package)


def tensor(**more: object) -> dict:
    entry = {"operation": "matmul", "dtype": "float32", "device": "cpu", "terms": 96, "distance": 1e-8}
    return {"results": [{**entry, **more}]}


def slopes(distance: float) -> dict:
    return {"results": [{"operation": "gelu", "distance": distance}]}


def gpu(**more: object) -> dict:
    device = {"device": "cuda:0", "name": "Some GPU", "capability": "7.0", "distance": 0.0, **more}
    return {
        "built": "cuda", "version": "12.8", "library": "torch 2.13.0+cu128", "available": True,
        "architectures": ["sm_75", "sm_90"], "devices": [device],
    }  # fmt: skip


def absent(built: str = "cuda", start: str = "") -> dict:
    return {"built": built, "library": "torch 2.13.0", "available": False, "devices": [], "start": start}


def files(**more: object) -> dict:
    sound = {
        "packages": 2, "files": 10, "bytes": 5_000_000, "missing": [], "missing_count": 0, "changed": [],
        "changed_count": 0, "shared": [], "loose": [], "inside": 0, "without_record": [],
    }  # fmt: skip
    return {**sound, **more}


def imported(**more: object) -> dict:
    entry = {
        "package": "alpha",
        "module": "alpha",
        "siblings": 1,
        "code": 0,
        "timed_out": False,
        "seconds": 0.1,
    }
    return {"imports": [{**entry, "warnings": [], **more}], "absent": [], "without_modules": []}


def distributions(requires: list[str], python: str | None = None) -> dict:
    return {
        "distributions": [
            {"name": "alpha", "version": "1.0", "requires": requires, "requires_python": python},
            {
                "name": "Be.ta",
                "version": "2.0",
                "requires": ["no way ==", "x; extra == 'e'"],
                "requires_python": None,
            },
        ],
        "markers": {"python_full_version": "3.11.7", "python_version": "3.11", "sys_platform": "linux"},
    }


def loading(**more: object) -> dict:
    raw = {
        "shared": [64 * 2**20, 63 * 2**20], "batch_bytes": 19_267_584, "workers": 2, "prefetch": 2,
        "batches": 12, "wrong": [], "complete": True,
    }  # fmt: skip
    return {**raw, **more}


def saved(**more: object) -> dict:
    entry = {"partial": 1, "ended": False, "newest": "step-000002.pt", "equal": True, **more}
    return {
        "rounds": [{"partial": 1, "ended": False, "newest": "step-000001.pt", "equal": True}, entry],
        "saved": 2,
    }


def ranks(**more: object) -> dict:
    rank = {"rank": 0, "code": 0, "all_reduce": 0.0, "all_gather": [0.0], "broadcast": 42.0, **more}
    return {"groups": [{"backend": "gloo", "world": 1, "ranks": [rank]}]}


def trained(**more: object) -> dict:
    raw = {
        "data": "digits",
        "losses": [2.0, 0.1],
        "accuracy": 0.97,
        "held": 359,
        "images": 1000,
        "seconds": 0.5,
    }
    return {**raw, **more}


def mixed(**more: object) -> dict:
    return {
        "results": [
            {"device": "cpu", "layers": 3, "dtype": "bfloat16", "forward": 4e-3, "backward": 6e-3, **more}
        ]
    }


def near(**more: object) -> dict:
    return {"name": "jit", "dtype": "float32", "terms": 96, "layers": 1, "distance": 1e-6, **more}


def learnt(accuracy: float) -> dict:
    said = {"data": "digits", "held": 359, "device": "cpu"}
    return {"results": [{"name": "digits", "accuracy": accuracy}], "said": said}


def providers(wanted: str, **told: object) -> dict:
    results = [{"name": wanted, "distance": 1e-7, "dtype": "float32", "terms": 56, "layers": 4}]
    found = {wanted: told or {"got": [wanted]}}
    return {"results": results, "providers": found, "wanted": wanted, "version": "1.31"}


STREAMS = {
    "PCG64": [12466887728733407976, 3953565242300289241, 5708382416764231905, 14747546482812861412],
    "MT19937": [2738951007, 2271682194, 671781373, 988117057],
    "RandomState": [0.5880145188953979, 0.6991087476815825, 0.18815196003850598, 0.043808563746864815],
}
THREADS = {"threads": 2, "granted": 1.5, "allowed": 2, "variables": {"OMP_NUM_THREADS": "2"}}
BRIDGE = {"torch": "2.13.0", "numpy": "2.4.6", "warnings": []}
NVIDIA = "RuntimeError: Found no NVIDIA driver on your system"
BAD_IMPORT = {
    "type": "ImportError",
    "message": "libGL.so.1: cannot open shared object file: none",
    "traceback": "T",
}
RUN = {"a": "1", "b": "2"}

# check, its raw result, what is expected: the status and the end of the reason's key
CASES: list[tuple[Check, object, str, str]] = [
    (check("files"), files(), "passed", ""),
    (check("files"), files(changed=[["lib/a.py", "alpha"]], changed_count=1), "failed", "files.differ"),
    (check("files"), files(loose=["lib/stray.pth"]), "failed", "files.differ"),
    (check("imports"), imported(), "passed", ""),
    (check("imports"), imported(**BAD_IMPORT), "failed", "imports.fail"),
    (check("imports"), imported(code=-11, output="Fatal"), "failed", "imports.died"),
    (check("imports"), imported(code=-9, timed_out=True), "failed", "imports.died"),
    (check("imports"), {**imported(), "absent": ["gone"]}, "failed", "imports.fail"),
    (check("dependencies"), distributions(["be-ta>=1.5"]), "passed", ""),
    (check("dependencies"), distributions(["be_ta<2"]), "failed", "dependencies.unmet"),
    (check("dependencies"), distributions([], ">=3.12"), "failed", "dependencies.unmet"),
    (check("dependencies"), distributions(["beta"]), "failed", "dependencies.unmet"),
    (check("dependencies", declared=["be.ta[E]"]), distributions([]), "failed", "dependencies.unmet"),
    (check("linear-algebra"), {"results": {"float64": {"solve": 0.5}}}, "passed", ""),
    (check("linear-algebra"), {"results": {"float64": {"solve": 31.0}}}, "failed", "linear_algebra.wrong"),
    (check("linear-algebra"), {"results": {"float64": {"solve": None}}}, "failed", "linear_algebra.wrong"),
    (check("random-generators"), {"runs": [STREAMS] * 3}, "passed", ""),
    (check("random-generators"), {"runs": [STREAMS, STREAMS, {}]}, "failed", "random_generators.differ"),
    (
        check("random-generators"),
        {"runs": [{**STREAMS, "PCG64": [1]}] * 3},
        "failed",
        "random_generators.differ",
    ),
    (check("blas-threads"), THREADS, "passed", ""),
    (check("blas-threads"), {**THREADS, "threads": 3}, "failed", "blas_threads.many"),
    (check("blas-threads"), {"skipped": "no_threads"}, "skipped", "skipped.no_threads"),
    (check("numpy-bridge"), {"results": [{"dtype": "int8", "wrong": []}], **BRIDGE}, "passed", ""),
    (
        check("numpy-bridge"),
        {"results": [{"dtype": "int8", "wrong": ["x"]}], **BRIDGE},
        "failed",
        "bridge.broken",
    ),
    (check("accelerator", wanted="auto", states={"cuda": "ready"}), gpu(), "passed", ""),
    (
        check("accelerator"),
        gpu(error="CUDA error: no kernel image is available"),
        "failed",
        "accelerator.no_kernel",
    ),
    (check("accelerator"), gpu(error="CUDA error: out of memory"), "failed", "accelerator.broken"),
    (check("accelerator"), gpu(distance=3.0), "failed", "accelerator.broken"),
    (check("accelerator"), gpu(distance=math.nan), "failed", "accelerator.broken"),
    (
        check("accelerator", wanted="auto", states={"cuda": "none", "mps": "none"}),
        absent(),
        "skipped",
        "accelerator.absent",
    ),
    (check("accelerator", wanted="auto"), absent(start=NVIDIA), "skipped", "accelerator.absent"),
    (check("accelerator", wanted="auto", states={"cuda": "ready"}), absent(), "failed", "accelerator.unseen"),
    (
        check("accelerator", wanted="auto", states={"cuda": "broken"}),
        absent(start="old"),
        "failed",
        "accelerator.unseen",
    ),
    (
        check("accelerator", wanted="rocm", states={"rocm": "none"}),
        absent("rocm"),
        "failed",
        "accelerator.unseen",
    ),
    (
        check("accelerator", wanted="auto", states={"cuda": "none", "mps": "none"}),
        absent("mps"),
        "skipped",
        "accelerator.absent",
    ),
    (check("accelerator", wanted="cuda"), absent("cpu"), "failed", "accelerator.other_build"),
    (check("accelerator", wanted="auto"), absent("cpu"), "skipped", "accelerator.built_for_cpu"),
    (
        check("accelerator", wanted="ascend", states={"npu": "ready"}),
        {**gpu(), "built": "npu"},
        "passed",
        "",
    ),
    (check("accelerator", wanted="rocm"), gpu(), "failed", "accelerator.other_build"),
    (check("accelerator", states={"xpu": "ready"}), absent("xpu"), "failed", "accelerator.unseen"),
    (check("accelerator", states={"mps": "no-permission"}), absent("mps"), "failed", "accelerator.unseen"),
    (check("accelerator", expected=2), gpu(), "failed", "accelerator.fewer"),
    (check("accelerator", expected=1), gpu(), "passed", ""),
    (
        check("accelerator", wanted="rocm", states={"rocm": "ready"}),
        {**gpu(error="HIP error: invalid device function"), "built": "rocm"},
        "failed",
        "accelerator.no_kernel",
    ),
    (check("jax-devices", states={"tpu": "ready"}), {**absent("tpu"), "library": "JAX"}, "failed", "unseen"),
    *(
        (check(f"{one}-devices", states={"cuda": "ready"}), gpu(), "passed", "")
        for one in ("jax", "tensorflow")
    ),
    *((check(f"{one}-tensors"), tensor(), "passed", "") for one in ("jax", "tensorflow")),
    *((check(f"{one}-tensors"), tensor(distance=1.0), "failed", "wrong") for one in ("jax", "tensorflow")),
    *((check(f"{one}-gradients"), slopes(1e-9), "passed", "") for one in ("jax", "tensorflow")),
    *(
        (check(f"{one}-gradients"), slopes(1e-3), "failed", "gradients.wrong")
        for one in ("jax", "tensorflow")
    ),
    (check("jax-training"), learnt(0.97), "passed", ""),
    (check("jax-training"), learnt(0.5), "failed", "results.wrong"),
    (check("jax-training"), learnt(math.nan), "failed", "results.wrong"),
    (check("jax-compiling"), {"results": [near()]}, "passed", ""),
    (check("jax-compiling"), {"results": [near(distance=1e-3)]}, "failed", "results.wrong"),
    (check("jax-compiling"), {"results": [near(distance=1e-5)]}, "failed", "results.wrong"),
    (check("jax-compiling"), {"results": [near(distance=1e-5, layers=2)]}, "passed", ""),
    (check("jax-compiling"), {"results": [near(distance=math.inf)]}, "failed", "results.wrong"),
    (check("jax-compiling"), {"results": [{"name": "jit", "error": "E"}]}, "failed", "results.wrong"),
    (check("jax-compiling"), {"results": []}, "failed", "results.wrong"),
    (
        check("jax-compiling"),
        {"results": [near(), {"name": "jit", "error": "not implemented", "dtype": "bfloat16"}]},
        "passed",
        "",
    ),
    (check("jax-saving"), {"results": [{"name": "a", "equal": True}], "said": {"ways": "a"}}, "passed", ""),
    (check("jax-saving"), {"results": [{"name": "a", "equal": False}]}, "failed", "results.wrong"),
    (check("jax-processes"), {"skipped": "no_collectives"}, "skipped", "skipped.no_collectives"),
    (check("triton"), {"skipped": "no_gpu"}, "skipped", "skipped.no_gpu"),
    (check("onnx-providers"), providers("CPUExecutionProvider"), "passed", ""),
    (
        check("onnx-providers"),
        providers("CUDAExecutionProvider", got=["CPUExecutionProvider"]),
        "failed",
        "onnx_providers.replaced",
    ),
    (
        check("onnx-providers", states={"cuda": "ready"}),
        providers("CUDAExecutionProvider", error="libcublasLt.so.12: cannot open shared object file"),
        "failed",
        "onnx_providers.replaced",
    ),
    (
        check("onnx-providers", states={"cuda": "none"}),
        providers("CUDAExecutionProvider", error="no device"),
        "skipped",
        "onnx_providers.absent",
    ),
    (check("tensors"), tensor(), "passed", ""),
    (check("tensors"), tensor(distance=1e-3), "failed", "tensors.wrong"),
    (check("tensors"), tensor(distance=math.inf), "failed", "tensors.wrong"),
    (check("tensors"), tensor(terms=0, distance=1e-30), "failed", "tensors.wrong"),
    (check("tensors"), tensor(dtype="bfloat16", distance=4e-3), "passed", ""),
    (check("tensors"), tensor(dtype="bfloat16", distance=4e-2), "failed", "tensors.wrong"),
    (check("tensors"), tensor(error="RuntimeError: illegal"), "failed", "tensors.wrong"),
    (check("gradients"), {"results": [{"operation": "gelu", "distance": 1e-9}]}, "passed", ""),
    (check("gradients"), {"results": [{"operation": "gelu", "distance": 1e-3}]}, "failed", "gradients.wrong"),
    (
        check("gradients"),
        {"results": [{"operation": "gelu", "distance": math.inf}]},
        "failed",
        "gradients.wrong",
    ),
    (check("gradients"), {"results": [{"operation": "gelu", "error": "E"}]}, "failed", "gradients.wrong"),
    (check("repeatability"), {"device": "cpu", "runs": [RUN, RUN, RUN]}, "passed", ""),
    (
        check("repeatability"),
        {"device": "cpu", "runs": [RUN, RUN, {"a": "1"}]},
        "failed",
        "repeatability.differs",
    ),
    (check("data-loading"), loading(), "passed", ""),
    (check("data-loading"), loading(error="Bus error", complete=False), "failed", "data_loading.small"),
    (check("data-loading"), loading(error="E", complete=False, shared=None), "failed", "data_loading.broken"),
    (
        check("data-loading"),
        loading(error="E", complete=False, shared=[2**34] * 2),
        "failed",
        "data_loading.broken",
    ),
    (check("data-loading"), loading(wrong=[32]), "failed", "data_loading.wrong"),
    (check("checkpoint"), saved(), "passed", ""),
    (check("checkpoint"), saved(equal=False), "failed", "checkpoint.lost"),
    (check("checkpoint"), saved(error="EOFError: torn"), "failed", "checkpoint.lost"),
    (check("checkpoint"), saved(ended=True), "failed", "checkpoint.ended"),
    (
        check("checkpoint"),
        {"rounds": [{"partial": 0, "ended": True}], "saved": 0},
        "failed",
        "checkpoint.lost",
    ),
    (check("all-reduce"), ranks(), "passed", ""),
    (check("all-reduce"), ranks(all_reduce=1.0), "failed", "all_reduce.wrong"),
    (check("all-reduce"), ranks(all_gather=[1.0]), "failed", "all_reduce.wrong"),
    (check("all-reduce"), ranks(broadcast=0.0), "failed", "all_reduce.wrong"),
    (check("all-reduce"), ranks(code=-11), "failed", "all_reduce.wrong"),
    (check("all-reduce"), {"groups": []}, "failed", "all_reduce.wrong"),
    (check("all-reduce"), {"skipped": "no_distributed"}, "skipped", "skipped.no_distributed"),
    (check("mixed-precision"), mixed(), "passed", ""),
    (check("mixed-precision"), mixed(dtype="float32"), "failed", "mixed_precision.dtype"),
    (check("mixed-precision"), mixed(backward=0.5), "failed", "mixed_precision.wrong"),
    (check("mixed-precision"), mixed(forward=math.nan), "failed", "mixed_precision.wrong"),
    (check("training"), trained(), "passed", ""),
    (check("training"), trained(accuracy=0.5), "failed", "training.low"),
    (check("training"), trained(losses=[1.0, math.nan]), "failed", "training.low"),
    (check("classifiers"), {"results": [{"model": "SVC", "accuracy": 0.98}]}, "passed", ""),
    (check("classifiers"), {"results": [{"model": "SVC", "accuracy": 0.1}]}, "failed", "classifiers.low"),
    (check("classifiers"), {"results": [{"model": "SVC", "error": "E"}]}, "failed", "classifiers.low"),
    (check("processes"), {"correct": True, "own": False, "processes": 2}, "passed", ""),
    (check("processes"), {"correct": False, "own": False, "processes": 2}, "failed", "processes.wrong"),
    (
        check("measure-compute"),
        {"rates": [["cpu", "float32", 300.0], ["cuda:0", "bfloat16", 9e5]]},
        "passed",
        "",
    ),
    (check("measure-memory"), {"rates": [["cpu", 13.0]]}, "passed", ""),
    (check("measure-storage"), {"write": 300.0, "read": 900.0, "past_cache": True}, "passed", ""),
    (check("measure-storage"), {"skipped": "disk_full"}, "skipped", "skipped.disk_full"),
]

# what is common to all checks: the runner's whole line
REPORTS: list[tuple[Check, dict | None, str, str]] = [
    (check("tensors"), None, "failed", "no_result"),
    (check("tensors"), {"timed_out": True, "code": None, "output": "last"}, "failed", "timed_out"),
    (check("tensors"), {"code": 3, "output": "gone"}, "failed", "ended"),
    (check("tensors"), {"code": -34, "signal": 34}, "failed", "died.signal"),
    (check("tensors"), {"code": -9, "signal": 9, "oom_kills": 1}, "failed", "died.memory"),
    (
        check("tensors"),
        {"code": 1, "error": {"type": "E", "message": "m\nn", "traceback": "T"}},
        "failed",
        "raised",
    ),
    (
        check("torchvision"),
        {
            "code": 1,
            "error": {
                "type": "RuntimeError",
                "message": "operator torchvision::nms does not exist",
                "traceback": "T",
            },
        },
        "failed",
        "other_torch",
    ),
    *(
        (check("tensors"), {"code": -number, "signal": number, "output": "Fatal"}, "failed", f"died.{name}")
        for number, name in [
            (4, "SIGILL"),
            (6, "SIGABRT"),
            (7, "SIGBUS"),
            (8, "SIGFPE"),
            (9, "SIGKILL"),
            (11, "SIGSEGV"),
            (15, "SIGTERM"),
        ]
    ),
    (check("command.smoke", command="true"), {"code": 0}, "passed", ""),
    (check("command.smoke", command="it's"), {"code": 2, "output": "why"}, "failed", "command.code"),
    (check("command.smoke", command="x"), {"code": 0, "result": {"code": 1}}, "failed", "command.code"),
    (check("command.smoke", command="x"), {"code": -11, "signal": 11}, "failed", "died.SIGSEGV"),
]


def outcomes() -> Iterator[tuple[Outcome, str, str]]:
    for one, result, status, key in CASES:
        yield proof.judge(one, {"name": one.name, "seconds": 1.5, "code": 0, "result": result}), status, key
    for one, report, status, key in REPORTS:
        yield proof.judge(one, report), status, key


@pytest.mark.parametrize(("outcome", "status", "key"), list(outcomes()))
def test_judgement(outcome, status, key):
    assert outcome.status == status, outcome
    assert (outcome.why.key if outcome.why else "").endswith(key)
    assert bool(outcome.why) == (status != "passed")
    assert from_json(Outcome, to_json(outcome)) == outcome
    if outcome.distance is not None:
        assert math.isfinite(outcome.distance) or math.isnan(outcome.distance)


def test_a_worst_ratio_is_shown_with_its_tolerance():
    raw = {"results": [tensor()["results"][0], tensor(dtype="bfloat16", distance=0.01)["results"][0]]}
    outcome = proof.judge(check("tensors"), {"result": raw})
    assert (outcome.distance, outcome.tolerance) == (0.01, tolerance("bfloat16", 96))


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [("float64", 1e-15, 1e-13), ("float32", 1e-6, 1e-5), ("bfloat16", 0.01, 0.02)]
)
def test_tolerances_are_of_the_types_size(dtype, low, high):
    assert low < tolerance(dtype, 96) < high
    assert tolerance(dtype, 0) == 0


def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for name in ("proof", "proof_frameworks"):
        with open(CATALOGUES / language / f"{name}.po", "rb") as file:
            for entry in read_po(file):
                key = entry.id if isinstance(entry.id, str) else entry.id[0]
                found[key] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)
    found.pop("")
    return found


def texts() -> Iterator[Text]:
    for outcome, _, _ in outcomes():
        yield outcome.did
        if outcome.why:
            yield outcome.why
        yield from (hint.text for hint in outcome.hints if hint.text)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_all_that_is_said_has_words_and_their_arguments(language):
    entries = catalogue(language)
    for message in texts():
        for words in entries[message.key]:
            assert set(re.findall(r"{(\w+)}", words)) <= set(message.args), message
        if len(entries[message.key]) > 1:
            assert "n" in message.args, message


def test_the_catalogues_hold_nothing_that_is_never_said():
    # titles of checks are shown while they run; the rest belongs to the sending
    said = {message.key for message in texts()} | {"PV501", "proof.task", "proof.done"}
    # the words of `libraries` stand with the system packages; test_proof_libraries.py has its cases
    said |= {"proof." + entry.payload.removesuffix(".py") for entry in TABLE if entry.name != "libraries"}
    # what the frameworks' scripts say of themselves is looked at in test_proof_selection.py
    said |= {f"proof.{entry.stem}.did" for entry in TABLE if entry.judge is judge_results}
    assert set(catalogue("en")) == set(catalogue("zh_CN")) == said


def test_evidence_passes_only_when_something_was_proven():
    def receipt(*statuses: str) -> Evidence:
        found = tuple(Outcome(status, status, 0.1, Text("proof.tensors")) for status in statuses)
        return proof.evidence(
            "here", 1, found, digests={"lock": "x"}, started="2025-01-01T00:00:00Z", seconds=1.23456
        )

    assert receipt("passed", "skipped").passed
    assert not receipt("skipped").passed
    assert not receipt("passed", "failed").passed
    assert receipt("passed").seconds == 1.235
    assert from_json(Evidence, to_json(receipt("passed"))) == receipt("passed")
