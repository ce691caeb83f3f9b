"""Checks that compute: all pass in a sound environment, and each fails where just its matter is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provenv.model.facts import Cpu, Facts, Platform

pytestmark = pytest.mark.slow
SOURCE = Path(__file__).resolve().parents[2] / "src"

WRONG_GELU = """
import torch as _torch
class _Gelu(_torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x * 0.5 * (1 + _torch.erf(x / 2**0.5))
    @staticmethod
    def backward(context, gradient):
        return gradient * 1.001
gelu = lambda x, approximate="none": _Gelu.apply(x)
"""

# name of the check, patches after import, key of the reason
BROKEN = {
    "linear-algebra": (
        {"numpy.linalg": "_solve = solve\ndef solve(a, b):\n    return _solve(a, b) * (1 + 1e-4)\n"},
        "proof.linear_algebra.wrong",
    ),
    "random-generators": (
        {
            "numpy.random": """
            class RandomState(RandomState):
                def __init__(self, seed=None):
                    super().__init__()
            """
        },
        "proof.random_generators.differ",
    ),
    "numpy-bridge": (
        {
            "torch": """
            import torch as _torch
            from_numpy = lambda array: tensor(array.tolist(), dtype=getattr(_torch, str(array.dtype)))
            """
        },
        "proof.numpy_bridge.broken",
    ),
    "tensors": (
        {
            "torch": """
            _product = Tensor.__matmul__
            def _wrong(a, b):
                return _product(a, b) * (1 + 1e-3) if a.dtype == float32 else _product(a, b)
            Tensor.__matmul__ = _wrong
            """
        },
        "proof.tensors.wrong",
    ),
    "gradients": ({"torch.nn.functional": WRONG_GELU}, "proof.gradients.wrong"),
    "repeatability": (
        {
            "torch.nn.functional": """
            import os as _os
            def dropout(x, p=0.5, training=True, inplace=False):
                import torch
                return x * torch.tensor([byte % 2 for byte in _os.urandom(x.numel())]).view(x.shape)
            """
        },
        "proof.repeatability.differs",
    ),
    "data-loading": (
        {
            "torch.utils.data.sampler": """
            SequentialSampler.__iter__ = lambda self: iter(range(len(self.data_source) - 1, -1, -1))
            """
        },
        "proof.data_loading.wrong",
    ),
    "checkpoint": (
        {
            "torch": """
            _save = save
            def save(value, file):
                import io
                whole = io.BytesIO()
                _save(value, whole)
                file.write(whole.getvalue()[: len(whole.getvalue()) // 2])
            """
        },
        "proof.checkpoint.lost",
    ),
    "all-reduce": (
        {"torch.distributed": "all_reduce = lambda tensor, *rest, **more: tensor.mul_(3.0001)\n"},
        "proof.all_reduce.wrong",
    ),
    "mixed-precision": (
        {
            "torch": """
            _autocast = autocast
            autocast = lambda *args, **more: _autocast(*args, **dict(more, enabled=False))
            """
        },
        "proof.mixed_precision.dtype",
    ),
    "training": (
        {"torch.optim": "Adam.step = lambda self, closure=None: None\n"},
        "proof.training.low",
    ),
    "classifiers": (
        {"sklearn.svm": "SVC.predict = lambda self, images: [0] * len(images)\n"},
        "proof.classifiers.low",
    ),
    "processes": (
        {
            "joblib": """
            _call = Parallel.__call__
            Parallel.__call__ = lambda self, jobs: _call(self, jobs)[::-1]
            """
        },
        "proof.processes.wrong",
    ),
    "measure-compute": (
        {"torch": "def _fail(*_):\n    raise RuntimeError('cannot multiply')\nTensor.__matmul__ = _fail\n"},
        "proof.raised",
    ),
    "measure-memory": (
        {"torch": "def _fail(*_):\n    raise MemoryError('no memory')\nTensor.copy_ = _fail\n"},
        "proof.raised",
    ),
    "accelerator": (
        {
            "torch": """
            import types as _types
            version = _types.SimpleNamespace(cuda="12.8", hip=None)
            cuda.init = lambda: None
            cuda.is_available = lambda: True
            cuda.device_count = lambda: 1
            cuda.get_arch_list = lambda: ["sm_75", "sm_90"]
            cuda.get_device_name = lambda index: "Old GPU"
            cuda.get_device_capability = lambda index: (5, 0)
            def _to(*_, **__):
                raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
            Tensor.to = _to
            """
        },
        "proof.accelerator.no_kernel",
    ),
}


def test_a_sound_environment_is_proven(base, prover):
    outcomes = prover(base, declared=["torch", "numpy", "scikit-learn"])
    told = {
        name: (outcome.why, outcome.evidence)
        for name, outcome in outcomes.items()
        if outcome.status != "passed"
    }
    assert told == {}
    assert len(outcomes) == 21
    measured = {measure.name for outcome in outcomes.values() for measure in outcome.measures}
    assert {
        "matmul.float32",
        "matmul.bfloat16",
        "matmul.float64",
        "memory.copy",
        "storage.write",
        "training",
    } <= measured
    for name in ("tensors", "gradients", "mixed-precision", "linear-algebra"):
        assert 0 <= outcomes[name].distance <= outcomes[name].tolerance


@pytest.mark.parametrize("name", BROKEN)
def test_each_check_fails_where_its_matter_is_broken(broken, prover, name):
    patches, key = BROKEN[name]
    environment = broken(patches)
    outcome = prover(environment, name, accelerator="cuda")[name]
    assert (outcome.status, outcome.why.key if outcome.why else None) == ("failed", key), outcome
    assert outcome.evidence
    assert outcome.hints
    assert all(hint.text is not None for hint in outcome.hints)


def test_a_broken_bridge_is_told_in_numpys_words(broken, prover):
    environment = broken({"torch": "def from_numpy(_):\n    raise RuntimeError('Numpy is not available')\n"})
    outcome = prover(environment, "numpy-bridge")["numpy-bridge"]
    assert outcome.status == "failed"
    assert "Numpy is not available" in outcome.evidence


def test_torch_that_dies_at_import_costs_its_checks_and_no_others(broken, prover):
    environment = broken({"torch": "import os\nos.kill(os.getpid(), 4)\n"})
    outcomes = prover(environment, "gradients", "mixed-precision", "linear-algebra")
    assert outcomes["linear-algebra"].status == "passed"
    for name in ("gradients", "mixed-precision"):
        assert outcomes[name].status == "failed"
        assert outcomes[name].why.key == "proof.died.SIGILL"


def test_more_threads_than_granted_cores_are_found(base, prover):
    prover.variables.update(OPENBLAS_NUM_THREADS="2", OMP_NUM_THREADS="2")
    one_core = Facts(Platform("linux", "x86_64"), cpu=Cpu(granted=1.0))
    outcome = prover(base, "blas-threads", facts=one_core)["blas-threads"]
    assert outcome.status == "failed"
    assert outcome.why.args == {"threads": 2, "granted": "1"}
    assert "OPENBLAS_NUM_THREADS=2" in outcome.evidence
    prover.variables.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    assert prover(base, "blas-threads", facts=one_core)["blas-threads"].status == "passed"


def test_without_scikit_learn_the_training_learns_separable_data(broken, prover):
    environment = broken({"sklearn": "raise ImportError('not here')\n"})
    packages = {"torch": environment.packages["torch"]}
    outcome = prover(environment, "training", packages=packages)["training"]
    assert outcome.status == "passed"
    assert outcome.did.args["data"] == "synthetic"


@pytest.mark.root
@pytest.mark.parametrize("size", ["1m", "64m"])
def test_a_small_shared_memory_is_named(base, prover, size):
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("needs the right to make a mount namespace")
    inner = f"""
import sys
sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(SOURCE)!r}]
from pathlib import Path
from conftest import Environment, Prover
environment = Environment(Path({str(base.root)!r}), {{"torch": "2"}})
outcome = Prover(Path({str(prover.folder)!r}))(environment, "data-loading")["data-loading"]
print(outcome.status, outcome.why.key, outcome.why.args["total"])
print([hint.command for hint in outcome.hints])
"""
    mount = f'mount -t tmpfs -o size={size} none /dev/shm && exec "$0" -c "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, sys.executable, inner],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        f"failed proof.data_loading.small {size[:-1]}",
        "['mount -o remount,size=2G /dev/shm', None]",
    ], done.stderr
