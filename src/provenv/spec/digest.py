"""What of a Spec decides what is built, and what decides whether it is proven, as sha256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import Failure
from ..model.data import DataSet
from ..model.spec import Requirement, Spec
from ..toml_library import tomllib
from .source import read_bytes, relative

_BUILD_TOOLS = frozenset(
    {"setuptools", "setuptools_scm", "hatch", "poetry", "flit", "pdm", "uv", "scikit-build", "maturin"}
    | {"meson-python", "cython", "cibuildwheel", "setuptools-rust", "versioningit", "uv-dynamic-versioning"}
)
"""Tables of build backends; those of linters and test runners do not change what is built."""
_BUILD_FILES = ("setup.py", "setup.cfg", "MANIFEST.in")


def build_digest(spec: Spec, directories: Sequence[Path]) -> str:
    """Return the digest of what decides what is built.

    In it: python, requirements and constraints (with hashes, in any order), indexes (in
    order), accelerator, system packages, the overrides of the target `here`,
    and of each local project that is installed, what its own files say about
    building it. Not in it: names, comments, formatting, `[env]`, `[prove]`,
    `[run]`, other targets, and `[mirrors]`: where files come from is a place's
    own business, what they are is decided by their hashes.
    """
    here = spec.targets.get("here")
    return _sha256(
        {
            "python": spec.python,
            "requirements": _entries(spec.requirements),
            "constraints": _entries(spec.constraints),
            "indexes": asdict(spec.indexes),
            "accelerator": spec.accelerator,
            "system": sorted(spec.system),
            "here": dict(here.options) if here else {},
            "projects": {
                relative(Path(spec.root), folder): _project(folder) for folder in sorted(directories)
            },
        }
    )


def proof_digest(spec: Spec) -> str:
    """Return the digest of what else decides whether it is proven: `[prove]` with its data, and `[env]`."""
    decides: dict[str, Any] = {
        "prove": dict(spec.prove),
        "variables": dict(spec.variables),
        "passed": sorted(spec.passed),
    }
    if spec.prove_data:
        decides["data"] = {name: _data(spec.data[name]) for name in spec.prove_data}
    return _sha256(decides)


def with_groups(digest: str, requirements: Sequence[Requirement]) -> str:
    """Return the digest of what a target builds whose groups add these requirements."""
    return _sha256({"spec": digest, "groups": _entries(requirements)})


def _data(one: DataSet) -> dict[str, Any]:
    """Return what decides which data it is: mirrors hold the same file."""
    return {key: value for key, value in asdict(one).items() if key not in ("mirrors", "most")}


def _entries(requirements: Sequence[Requirement]) -> list[Any]:
    return sorted([one.text, sorted(one.hashes)] for one in requirements)


def _project(folder: Path) -> dict[str, Any]:
    decides: dict[str, Any] = {}
    content = _content(folder / "pyproject.toml")
    if content is not None:
        try:
            data = tomllib.loads(content.decode("utf-8-sig"))
            tool = data.get("tool")
            tables = tool if isinstance(tool, dict) else {}
            decides["pyproject.toml"] = {
                "project": data.get("project"),
                "build-system": data.get("build-system"),
                "tool": {key: value for key, value in tables.items() if key in _BUILD_TOOLS},
            }
        except (ValueError, RecursionError):
            decides["pyproject.toml"] = hashlib.sha256(content).hexdigest()
    for name in _BUILD_FILES:
        content = _content(folder / name)
        if content is not None:
            decides[name] = hashlib.sha256(content).hexdigest()
    return decides


def _content(path: Path) -> bytes | None:
    if not path.is_file():
        return None
    try:
        return read_bytes(path, path.name)
    except Failure:
        return None


def _sha256(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
