"""One walk through the project's folder: scripts, what lies beside them, models' files."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ... import environ
from ...diagnosis.ground import Ground
from ...model.looked import Files, ModelFile, Scripts
from ..project import Project

SKIPPED = frozenset(
    ("node_modules", "site-packages", "__pycache__", "build", "dist", "wandb", "mlruns", "venv", "env")
)
MOST = 60_000
"""Entries that are looked at in all, and of one folder; what lies beyond is not known."""
WIDEST = 20_000
SECONDS = 1.5
DEEPEST = 8
NEAR = 2
"""How deep below the project's folder scripts are looked for."""
MODELS = (
    *(
        ".safetensors",
        ".bin",
        ".pt",
        ".pth",
        ".ckpt",
        ".gguf",
        ".onnx",
        ".h5",
        ".hdf5",
        ".keras",
        ".msgpack",
        ".npz",
    ),
    *(".npy", ".pkl", ".joblib", ".parquet", ".tflite", ".model", ".pb", ".engine", ".tar", ".gz", ".zip"),
)
ZIPPED = (".pt", ".pth", ".ckpt", ".npz", ".keras", ".zip", ".bin")
POINTER = b"version https://git-lfs.github.com/spec/v1"
POINTER_SIZE = 1024
HEAD = 64
TAIL = 1 << 16
LARGEST_HEADER = 100_000_000
"""Bytes of a safetensors header, at most (its own limit)."""


@dataclass
class _Walk:
    """What the walk gathers."""

    until: float
    entries: int = 0
    whole: bool = True
    scripts: list[Scripts] = field(default_factory=list)
    models: list[ModelFile] = field(default_factory=list)


def look(project: Project) -> Ground:
    """Return the folders of scripts, and the models' files that are pointers, pages or cut off."""
    walk = _Walk(time.monotonic() + SECONDS)
    left = deque([(str(project.root), "", 0)])
    while left:
        if walk.entries > MOST or time.monotonic() > walk.until:
            walk.whole = False
            break
        left.extend(_folder(*left.popleft(), walk))
    lfs_tool = shutil.which("git-lfs", path=environ.read(environ.PATH, project.environment)) is not None
    files = Files(tuple(walk.scripts), tuple(walk.models), _uses_lfs(str(project.root)), lfs_tool, walk.whole)
    return Ground(files=files)


def _folder(path: str, shown: str, depth: int, walk: _Walk) -> list[tuple[str, str, int]]:
    """Look at one folder; return those in it, which come after all that are nearer."""
    try:
        with os.scandir(path) as opened:
            entries = list(islice(opened, WIDEST))
    except OSError:
        return []
    walk.entries += len(entries)
    walk.whole = walk.whole and len(entries) < WIDEST
    names = {entry.name for entry in entries}
    folders = [one for one in entries if one.is_dir(follow_symlinks=False) and _is_entered(one)]
    if depth <= NEAR and (depth == 0 or "__init__.py" not in names):
        scripts = _scripts(shown, names, folders)
        if scripts is not None:
            walk.scripts.append(scripts)
    for entry in entries:
        if entry.name.endswith(MODELS) and entry.is_file():
            found = _model(entry.path, f"{shown}{entry.name}")
            if found is not None:
                walk.models.append(found)
    if depth >= DEEPEST:
        return []
    return [(one.path, f"{shown}{one.name}/", depth + 1) for one in folders]


def _is_entered(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name in SKIPPED:
        return False
    return not os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))


def _scripts(shown: str, names: set[str], folders: list[os.DirEntry[str]]) -> Scripts | None:
    modules = sorted(name for name in names if name.endswith(".py"))
    notebooks = any(name.endswith(".ipynb") for name in names)
    compiled = sorted(name for name in names if name.endswith(".pyc") and name[:-1] not in names)
    if not (modules or notebooks or compiled):
        return None
    packages, bare = [], []
    for folder in folders:
        inside = _python_files(folder.path)
        if "__init__.py" in inside:
            packages.append(folder.name)
        elif inside:
            bare.append(folder.name)
    return Scripts(
        shown, tuple(modules), tuple(sorted(packages)), tuple(sorted(bare)), tuple(compiled), notebooks
    )


def _python_files(path: str) -> set[str]:
    try:
        return {name for name in os.listdir(path) if name.endswith(".py")}
    except OSError:
        return set()


def _model(path: str, shown: str) -> ModelFile | None:
    """Return what is wrong with a file of a model, by its first and last bytes; None where nothing is."""
    try:
        size = os.stat(path).st_size
        if not size:
            return ModelFile(shown, "empty", 0)
        with open(path, "rb") as file:
            head = file.read(HEAD)
            if size <= POINTER_SIZE and head.startswith(POINTER):
                return ModelFile(shown, "pointer", size, _pointed_size(head + file.read(POINTER_SIZE)))
            if head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
                return ModelFile(shown, "html", size)
            if path.endswith(".safetensors"):
                file.seek(0)
                wanted = _tensors_size(file.read(8), size, file.read)
                return ModelFile(shown, "truncated", size, wanted) if wanted > size else None
            if path.endswith(ZIPPED) and head.startswith(b"PK\x03\x04"):
                file.seek(max(0, size - TAIL))
                # the end of a zip's central directory (APPNOTE 4.3.16) stands at its end
                return None if b"PK\x05\x06" in file.read() else ModelFile(shown, "truncated", size)
    except OSError:
        return None
    return None


def _pointed_size(content: bytes) -> int:
    for line in content.splitlines():
        if line.startswith(b"size ") and line[5:].strip().isdigit():
            return int(line[5:])
    return 0


def _tensors_size(first: bytes, size: int, read: Callable[[int], bytes]) -> int:
    """Return the bytes that a safetensors file has to have by its own header; 0 where that says nothing."""
    length = int.from_bytes(first, "little") if len(first) == 8 else 0
    if not 2 <= length <= LARGEST_HEADER:
        return 0
    if 8 + length > size:
        return 8 + length
    try:
        header = json.loads(read(length))
    except (ValueError, RecursionError):
        return 0
    ends = list(_ends(header))
    return 8 + length + max(ends, default=0)


def _ends(header: object) -> Iterator[int]:
    for entry in header.values() if isinstance(header, dict) else ():
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if isinstance(offsets, list) and len(offsets) == 2 and isinstance(offsets[1], int):
            yield offsets[1]


def _uses_lfs(root: str) -> bool:
    try:
        with open(os.path.join(root, ".gitattributes"), encoding="utf-8", errors="replace") as file:
            return "filter=lfs" in file.read()
    except OSError:
        return False
