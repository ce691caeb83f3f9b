"""Which causes another attempt can mend: a table over all rules of diagnosis (their ids)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Mending = Literal["never", "later", "may"]
"""`never`: the same command fails in the same way. `later`: it does unless the attempt came on (memory that
leaked, a disk that somebody clears). `may`: it comes and goes by itself."""

_MAY = (
    "collective-timeout",
    "dist-network-interface",
    "gpu-hardware-fault",
    "hf-hub-unreachable",
    "port-in-use",
    "registry-unreachable",
    "tpu-busy",
)
_LATER = (
    "corrupt-or-lfs-pointer-file",
    "cuda-oom",
    "disk-full",
    "docker-daemon-down",
    "docker-hub-rate-limit",
    "host-oom-killed",
    "k8s-insufficient-gpu",
    "k8s-oomkilled",
    "permission-denied-path",
    "proxy-or-ca",
    "shm-too-small",
    "ulimit-nofile",
)
_NEVER = (
    "apt-repo-key",
    "ascend-cann-env",
    "build-isolation-missing-torch",
    "cloud-init-config",
    "container-arch-mismatch",
    "cpu-only-build-on-gpu-machine",
    "cuda-driver-too-old",
    "cuda-fork-start-method",
    "cuda-home-unset",
    "cuda-lib-not-on-path",
    "cuda-toolkit-torch-mismatch",
    "cuda-visible-devices-wrong",
    "cudnn-mismatch",
    "dependency-conflict",
    "docker-permission",
    "driver-library-mismatch",
    "dtype-device-mismatch",
    "engine-version-mismatch",
    "env-var-wrong",
    "extension-abi-mismatch",
    "externally-managed-python",
    "glibc-too-old",
    "gpu-arch-not-in-build",
    "gpu-driver-not-loaded",
    "gpu-fabric-manager",
    "hf-gated-or-auth",
    "illegal-instruction-cpu",
    "input-shape-mismatch",
    "java-missing-or-old",
    "jax-jaxlib-mismatch",
    "k8s-image-pull",
    "libgl-missing",
    "libstdcxx-too-old",
    "libvirt-kvm-permission",
    "local-file-shadows-module",
    "lockfile-hash-mismatch",
    "macos-arch-mismatch",
    "mirror-missing-package",
    "missing-compiler",
    "missing-python-headers",
    "missing-system-lib",
    "mpi-launch-config",
    "mps-unsupported-op",
    "no-matching-wheel-for-python",
    "numpy-abi",
    "nvidia-runtime-missing-in-docker",
    "nvml-container-cgroup",
    "old-pip",
    "openmp-duplicate",
    "package-version-drift",
    "protobuf-version",
    "rocm-gfx-unsupported",
    "serving-model-layout",
    "state-dict-mismatch",
    "tf-keras3-legacy",
    "time-skew-tls",
    "torch-family-mismatch",
    "venv-broken-interpreter",
    "weights-only-unpickle",
    "windows-dll",
    "wsl-driver",
)

CAUSES: Mapping[str, Mending] = MappingProxyType(
    {
        **dict.fromkeys(_MAY, "may"),
        **dict.fromkeys(_LATER, "later"),
        **dict.fromkeys(_NEVER, "never"),
        # nothing of the environment failed: the exception decides
        "none": "may",
    }
)
"""By cause. A rule of the project's own that isn't here: `may`, since retries are bounded anyway."""

EXCEPTIONS: Mapping[str, Mending] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError"),
                *("NameError", "UnboundLocalError", "NotImplementedError"),
            ),
            "never",
        ),
        **dict.fromkeys(
            (
                *("AssertionError", "AttributeError", "FileNotFoundError", "IndexError", "IsADirectoryError"),
                *("KeyError", "NotADirectoryError", "PermissionError", "RecursionError", "TypeError"),
                *("UnicodeDecodeError", "ValueError", "ZeroDivisionError", "MemoryError", "OutOfMemoryError"),
            ),
            "later",
        ),
    }
)
"""By the exception that ended a program, where no rule names a cause. Others may (RuntimeError, OSError)."""

KILLED = 137
CODES: Mapping[int, Mending] = MappingProxyType(
    {
        2: "later",  # usage: argparse, click, getopts; `python missing.py`
        126: "never",  # not executable, not found: as shells say it
        127: "never",
        132: "never",  # SIGILL
    }
)
"""By the code that a program ended with, where neither a cause nor an exception is known."""


def mending(cause: str | None, exception: str, code: int) -> Mending:
    """Return whether another attempt can mend what ended one: its cause, exception and code, if known."""
    if cause is not None and cause != "none":
        can = CAUSES.get(cause, "may")
        # `Killed` is said of memory that ran out, and of everybody else's `kill -9` too
        return "may" if can == "later" and code == KILLED else can
    if exception:
        return EXCEPTIONS.get(exception, "may")
    return CODES.get(code, "may")
