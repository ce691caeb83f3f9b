"""The cheap digests that make a no-op: what a generation was made from, read in a millisecond or two."""

from __future__ import annotations

import hashlib
import os

from .. import environ, pip_sources
from ..lazy import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LEADING = ("provenv.toml", "pyproject.toml", "requirements.txt")
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
PIP_SOURCES = "pip.sources"
PIP_FILE = "pip.file:"
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
    root: str | Path,
    files: Iterable[str],
    lock: str,
    interpreter: str,
    environment: Mapping[str, str],
    expanded: Iterable[str] = (),
    then: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the digests of everything that decides what `up` does, by the keys of `plan.stale`.

    `files` and `lock` are relative to `root`; a file that is not there has an
    empty digest, so that one which appears is noticed. `expanded` names the
    variables that the files refer to as `${NAME}`. With the digests of another time
    (`then`) pip's configuration is not read where not a byte of it changed since.
    """
    watched = sorted({*LEADING, *LOCKS, *files} - {lock})
    inputs = {f"file:{name}": digest_file(os.path.join(root, name)) for name in watched}
    variables = "\0".join(f"{one.name}={environ.read(one, environment) or ''}" for one in DECIDING)
    inputs |= {f"variable:{name}": _digest(environment.get(name, "")) for name in sorted(set(expanded))}
    inputs["lock"] = digest_file(os.path.join(root, lock))
    inputs |= _pip(environment, then or {})
    inputs["interpreter"] = interpreter_key(interpreter)
    inputs["driver"] = _digest("\0".join([*map(_content, DRIVER), *_nvidia_devices()]))
    inputs["cgroup"] = _digest("\0".join(map(_content, CGROUP)))
    inputs["variables"] = _digest(variables)
    return inputs


def repeated(
    root: str | Path, then: Mapping[str, str], lock: str, interpreter: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the same digests as `then` holds, taken now."""
    files = [key.removeprefix("file:") for key in then if key.startswith("file:")]
    expanded = [key.removeprefix("variable:") for key in then if key.startswith("variable:")]
    return fingerprint(root, files, lock, interpreter, environment, expanded, then)


def _pip(environment: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    """Return the digest of pip's configuration, and of the bytes by which the next look is spared it."""
    sources = pip_sources.digest(environment)
    if sources and sources == then.get(PIP_SOURCES):
        kept = {key: digest for key, digest in then.items() if key.startswith(PIP_FILE)}
        if all(digest_file(key.removeprefix(PIP_FILE)) == digest for key, digest in kept.items()):
            return {"pip": then.get("pip", ""), PIP_SOURCES: sources, **kept}
    decided, constraints = load("pipconf")(environment)
    found = {f"{PIP_FILE}{path}": digest_file(path) for path in constraints}
    return {"pip": decided, PIP_SOURCES: sources, **found}


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


def digest_file(path: str | Path) -> str:
    """Return a file's sha256, or nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _nvidia_devices() -> list[str]:
    try:
        return sorted(name for name in os.listdir(DEVICES) if name.startswith("nvidia"))
    except OSError:
        return []
