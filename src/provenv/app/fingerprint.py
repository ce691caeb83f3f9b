"""The cheap digests that make a no-op: what a generation was made from, read in a millisecond or two."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import environ, pipconf

LEADING = ("provenv.toml", "pyproject.toml", "requirements.txt")
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
DRIVER = ("/proc/driver/nvidia/version", "/sys/module/amdgpu/version")
DEVICES = "/dev"
CGROUP = (
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
DECIDING = (
    environ.CUDA_VISIBLE_DEVICES,
    environ.PIP_CONFIG_FILE,
    *environ.UV_DEFAULT_INDEXES,
    *environ.UV_EXTRA_INDEXES,
)


def fingerprint(
    root: Path,
    files: Iterable[str],
    lock: str,
    interpreter: str,
    environment: Mapping[str, str],
    expanded: Iterable[str] = (),
) -> dict[str, str]:
    """Return the digests of everything that decides what `up` does, by the keys of `plan.stale`.

    `files` and `lock` are relative to `root`; a file that is not there has an
    empty digest, so that one which appears is noticed. `expanded` names the
    variables that the files refer to as `${NAME}`.
    """
    watched = sorted({*LEADING, *LOCKS, *files} - {lock})
    inputs = {f"file:{name}": digest_file(root / name) for name in watched}
    configuration = pipconf.read(environment)
    variables = "\0".join(f"{one.name}={environ.read(one, environment) or ''}" for one in DECIDING)
    inputs |= {f"variable:{name}": _digest(environment.get(name, "")) for name in sorted(set(expanded))}
    inputs["lock"] = digest_file(root / lock)
    inputs["pip"] = pipconf.digest(configuration)
    inputs["interpreter"] = interpreter_key(interpreter)
    inputs["driver"] = _digest("\0".join([*map(_content, DRIVER), *_nvidia_devices()]))
    inputs["cgroup"] = _digest("\0".join(map(_content, CGROUP)))
    inputs["variables"] = _digest(variables)
    return inputs


def interpreter_key(path: str) -> str:
    """Return what changes when an interpreter is replaced: its real path, size and time."""
    try:
        real = os.path.realpath(path)
        entry = os.stat(real)
    except OSError:
        return ""
    return f"{real}:{entry.st_size}:{entry.st_mtime_ns}"


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest()


def digest_file(path: Path) -> str:
    """Return a file's sha256, or nothing where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _nvidia_devices() -> list[str]:
    try:
        return sorted(name for name in os.listdir(DEVICES) if name.startswith("nvidia"))
    except OSError:
        return []
