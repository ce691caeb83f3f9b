"""Which file of a folder leads."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import Failure
from ..lazy import load
from .source import read_bytes

PROVENV = "provenv.toml"
PYPROJECT = "pyproject.toml"
REQUIREMENTS = "requirements.txt"


def find(folder: Path) -> Path | None:
    """Return the file that leads in `folder`, or None.

    That is `provenv.toml`, else a `pyproject.toml` with `[tool.provenv]`, else
    one with `[project]`, else `requirements.txt`. Where the folder has none of
    them, the parents are looked through for the first two, as git looks for its
    repository: up to the home folder (not in it) or the file system's root, and
    only files of the same owner as the folder, of the caller or of root count,
    since a declared file can name commands.
    """
    folder = Path(os.path.abspath(folder))
    if found := _here(folder):
        return found
    home = _home()
    if folder == home:
        return None
    for parent in folder.parents:
        if parent == home:
            return None
        found = _named(parent)
        if found is not None and _is_trusted(found, folder):
            return found
    return None


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _here(folder: Path) -> Path | None:
    found = _named(folder)
    if found is not None:
        return found
    if "project" in _tables(folder / PYPROJECT):
        return folder / PYPROJECT
    return folder / REQUIREMENTS if _stands(folder / REQUIREMENTS) else None


def _named(folder: Path) -> Path | None:
    if _stands(folder / PROVENV):
        return folder / PROVENV
    return folder / PYPROJECT if "tool.provenv" in _tables(folder / PYPROJECT) else None


def _stands(path: Path) -> bool:
    """Return whether anything stands there; a folder or a pipe in a file's place is told by who reads it."""
    return os.path.lexists(path)


def _tables(path: Path) -> frozenset[str]:
    """Return which of `project` and `tool.provenv` a pyproject.toml has; of a broken file, by its headers."""
    if not path.is_file():
        return frozenset()
    try:
        words = read_bytes(path, path.name).decode("utf-8-sig", "replace")
    except Failure:
        # whoever loads it will say what is wrong
        return frozenset({"project"})
    if "project" not in words and "provenv" not in words:
        return frozenset()
    try:
        data = load("toml").loads(words)
    except (ValueError, RecursionError):
        headers = re.findall(r"^[ \t]*\[[ \t]*(project|tool[ \t]*\.[ \t]*provenv)\b", words, re.MULTILINE)
        return frozenset(re.sub(r"[ \t]", "", header) for header in headers)
    tool = data.get("tool")
    found = {"project"} & data.keys()
    if isinstance(tool, dict) and "provenv" in tool:
        found.add("tool.provenv")
    return frozenset(found)


def _is_trusted(file: Path, folder: Path) -> bool:
    if not hasattr(os, "getuid"):
        return True
    try:
        return file.stat().st_uid in (0, os.getuid(), folder.stat().st_uid)
    except OSError:
        return False
