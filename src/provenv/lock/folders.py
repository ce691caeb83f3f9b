"""The names of the user's own folders that are installed: read from their files, without running them."""

from __future__ import annotations

import ast
import configparser
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from ..model.spec import Requirement
from .sources import local_path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # only there on 3.10


def named_where_torch(requirements: Iterable[Requirement], root: Path) -> dict[Requirement, Requirement]:
    """Return for each folder whose `setup.py` speaks of torch the same requirement with its name.

    Settings of uv are by name, and uv learns a folder's name only by running its setup.
    """
    found = {}
    for one in requirements:
        words, bracket, extras = one.text.removeprefix("-e ").strip().partition("[")
        path = None if one.name else local_path(words.strip())
        folder = (root / path).resolve() if path is not None else None
        if folder is not None and "torch" in _read(folder / "setup.py"):
            name = name_of(folder)
            if name:
                found[one] = replace(one, text=f"{name}{bracket}{extras} @ {folder.as_uri()}", name=name)
    return found


def name_of(folder: Path) -> str | None:
    """Return the distribution's name as `pyproject.toml`, `setup.cfg` or `setup.py` says it literally."""
    name = _of_pyproject(folder) or _of_setup_cfg(folder) or _of_setup_py(folder)
    return str(canonicalize_name(name)) if name else None


def _of_pyproject(folder: Path) -> str | None:
    try:
        data = tomllib.loads(_read(folder / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return None
    project = data.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) else None


def _of_setup_cfg(folder: Path) -> str | None:
    reader = configparser.ConfigParser(interpolation=None)
    try:
        reader.read_string(_read(folder / "setup.cfg"))
    except configparser.Error:
        return None
    return reader.get("metadata", "name", fallback=None)


def _of_setup_py(folder: Path) -> str | None:
    try:
        tree = ast.parse(_read(folder / "setup.py"))
    except (SyntaxError, ValueError):
        return None
    known = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setup"):
            for keyword in node.keywords:
                value = keyword.value
                value = known.get(value.id, value) if isinstance(value, ast.Name) else value
                if keyword.arg == "name" and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    return value.value
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
