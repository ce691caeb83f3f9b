"""The ids of all findings by their area: stable names for scripts, completion and the reference."""

from __future__ import annotations

from ...model.findings import Area

INSIDE: dict[Area, tuple[str, ...]] = {
    "accelerator": (
        "build-for-other-device",
        "cpu-build-beside-gpu",
        "cuda-build-without-gpu",
        "device-unusable",
        "driver-older-than-build",
        "gpu-not-in-build",
        "gpu-out-of-order",
        "gpus-hidden",
    ),
    "packages": (
        "abandoned-package",
        "conda-and-pip",
        "half-removed-packages",
        "installed-twice",
        "jax-family",
        "keras-family",
        "numpy-abi",
        "openmp-check-off",
        "openmp-twice",
        "requirements-unmet",
        "same-import",
        "torch-family",
        "torn-metadata",
        "versions-apart",
    ),
    "loader": (
        "cuda-home-wrong",
        "environments-stacked",
        "libraries-overridden",
        "library-preloaded",
        "modules-overridden",
        "python-led-astray",
        "search-path-gone",
        "user-packages",
        "variable-left-on",
    ),
    "project": (
        "declared-file-wrong",
        "lfs-pointer",
        "lock-of-another-platform",
        "lock-unreadable",
        "not-a-model-file",
        "shadowed-module",
        "stale-lock",
        "truncated-file",
        "venv-not-ignored",
        "venv-of-another",
    ),
    "environment": (
        "base-python-gone",
        "broken-interpreter",
        "drifted-files",
        "half-built",
        "never-built",
        "old-proof",
        "stale-environment",
        "state-damaged",
        "state-elsewhere",
        "unproven",
    ),
    "memory": ("little-memory",),
    "storage": ("disk-entries", "disk-nearly-full", "mounted-noexec"),
    "limits": ("few-open-files", "little-address-space", "more-threads-than-cores"),
}

OUTSIDE: dict[Area, tuple[str, ...]] = {}


def ids() -> tuple[str, ...]:
    """Return every id, in order."""
    return tuple(sorted(one for part in (INSIDE, OUTSIDE) for names in part.values() for one in names))
