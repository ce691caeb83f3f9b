"""What the code in a folder imports that is neither Python's own nor the folder's."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import Failure
from .source import read_bytes, relative

MOST_FILES = 2000
"""Python files and notebooks that are looked into."""
MOST_ENTRIES = 50_000
"""Folder entries that are walked over."""
_SKIPPED = frozenset(
    {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env", "checkpoints", "wandb"}
)
_MAGIC = re.compile(r"^(?P<indent>[ \t]*)(?:[%!?].*|.*\?\s*)$")
_INSTALL = re.compile(r"^\s*[%!]\s*(?:python3? -m )?(?:uv )?pip3?\s+install\s+(?P<rest>.+)$")
_WINDOWS = frozenset({"imshow", "namedWindow", "waitKey"})


@dataclass(frozen=True)
class Import:
    """A module that is imported: its dotted name, where first, and whether every import of it may fail.

    `place` is FILE:LINE; in a notebook, whose cells have no lines of the file, FILE.
    """

    module: str
    place: str
    optional: bool = False


@dataclass
class Survey:
    """What was found: imports by top-level name, installs that notebooks do, files that could not be read.

    `windows` says that OpenCV is asked for windows on a screen; `cut` that there
    was more than is looked at.
    """

    imports: dict[str, Import] = field(default_factory=dict)
    installs: dict[str, str] = field(default_factory=dict)
    scripts: int = 0
    notebooks: int = 0
    broken: list[str] = field(default_factory=list)
    windows: bool = False
    cut: bool = False


def survey(root: Path) -> Survey:
    """Return what the Python files and notebooks under `root` import.

    Hidden folders, environments and build outputs are passed over, links to
    folders are not followed, and a file that is broken is noted, no more.
    """
    found = Survey()
    for path in _files(root, found):
        try:
            content = read_bytes(path, relative(root, path)).decode("utf-8-sig")
        except (Failure, UnicodeDecodeError):
            found.broken.append(relative(root, path))
            continue
        if path.suffix == ".ipynb":
            found.notebooks += 1
            code = _cells(content, found, relative(root, path))
        else:
            found.scripts += 1
            code = content
        tree = _parsed(code) if code is not None else None
        if tree is None:
            found.broken.append(relative(root, path))
            continue
        _collect(tree, root, path, found)
    return found


def _files(root: Path, found: Survey) -> Iterator[Path]:
    entries = files = 0
    for folder, folders, names in os.walk(root):
        entries += len(folders) + len(names)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED
            and not name.endswith(".egg-info")
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        )
        for name in sorted(names):
            if name.endswith((".py", ".ipynb")) and not name.startswith("."):
                files += 1
                if files > MOST_FILES:
                    found.cut = True
                    return
                yield Path(folder, name)
        if entries > MOST_ENTRIES:
            found.cut = True
            return


def _cells(content: str, found: Survey, name: str) -> str | None:
    """Return the code of a notebook's cells, without the lines that are IPython's."""
    try:
        cells = json.loads(content)["cells"]
        codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    readable = []
    for code in codes:
        if code.lstrip().startswith("%%"):
            continue
        lines = []
        for line in code.splitlines():
            if match := _INSTALL.match(line):
                for word in _installed(match["rest"]):
                    found.installs.setdefault(word, name)
            lines.append(_MAGIC.sub(lambda match: f"{match['indent']}pass", line))
        cell = "\n".join(lines)
        # one cell that is no Python does not hide the others
        if _parsed(cell) is not None:
            readable.append(cell)
    return "\n".join(readable)


def _installed(words: str) -> Iterator[str]:
    """Yield the requirements of a `pip install` line that names nothing but packages."""
    parts = words.partition("#")[0].split()
    if any(part in ("-r", "-c", "-e", "-f", "-i", "--index-url", "--requirement") for part in parts):
        return
    for part in parts:
        word = part.strip("'\"")
        if re.fullmatch(r"[A-Za-z0-9][\w.-]*(?:\[[\w,.-]+\])?(?:[<>=!~]=?=?[\w.*+!<>=~,]+)?", word):
            yield word


def _parsed(code: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _collect(tree: ast.Module, root: Path, path: Path, found: Survey) -> None:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, optional = waiting.pop()
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            waiting.extend((child, optional) for child in node.orelse)
            continue
        if isinstance(node, ast.Try) and any(_catches_import(handler) for handler in node.handlers):
            waiting.extend((child, True) for child in (*node.body, *node.handlers))
            waiting.extend((child, optional) for child in (*node.orelse, *node.finalbody))
            continue
        if isinstance(node, ast.Attribute) and node.attr in _WINDOWS:
            found.windows |= isinstance(node.value, ast.Name) and node.value.id == "cv2"
        file = relative(root, path)
        place = file if path.suffix == ".ipynb" else f"{file}:{getattr(node, 'lineno', 1)}"
        for module in _modules(node):
            _note(Import(module, place, optional), root, path, found)
        waiting.extend((child, optional) for child in ast.iter_child_nodes(node))


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names] or [node.module]
    return []


def _note(one: Import, root: Path, path: Path, found: Survey) -> None:
    top = one.module.partition(".")[0]
    if top in sys.stdlib_module_names or top == "__main__" or _is_local(top, root, path):
        return
    before = found.imports.get(top)
    if before is None or (before.optional and not one.optional):
        found.imports[top] = one


def _is_local(top: str, root: Path, path: Path) -> bool:
    """Return whether the folder has the module, as seen from the file: beside it, above it, in src/."""
    folders = [path.parent, *(one for one in path.parent.parents if one == root or root in one.parents)]
    for folder in (*folders, root / "src"):
        if (folder / f"{top}.py").is_file():
            return True
        package = folder / top
        if package.is_dir() and any(package.glob("*.py")):
            return True
    return False


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _catches_import(handler: ast.ExceptHandler) -> bool:
    names = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"*"}
    )
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception", "*"})
