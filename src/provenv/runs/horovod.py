"""Finds what of Horovod a script uses, by reading it: which frameworks, which calls, at which lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Called:
    """One name of Horovod's (`init`, `elastic.run`), as the script writes it, and the lines that use it."""

    name: str
    written: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Use:
    """What a script uses: `frameworks` as `torch`, `tensorflow.keras`...; where it first imports it.

    `certain`: the import is carried out whenever the script is. `guarded`: it fails without harm.
    """

    frameworks: tuple[str, ...]
    line: int
    column: int
    source: str
    certain: bool
    guarded: bool
    calls: tuple[Called, ...] = ()


def read(content: bytes) -> Use | None:
    """Return what a script with this content uses of Horovod; None for nothing, and for what is no Python."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    imports = [one for one in _imports(tree.body) if _modules(one.node)]
    if not imports:
        return None
    first = min(imports, key=lambda one: (not one.certain, one.guarded, one.node.lineno))
    names: dict[str, str] = {}
    for one in imports:
        names.update(_names(one.node))
    modules = dict.fromkeys(name for one in imports for name in _modules(one.node))
    frameworks = tuple(name.partition(".")[2] for name in modules if "." in name)
    # what changes where modules are found may bring one that we do not see
    moved = any(isinstance(node, ast.Attribute) and _dotted(node) in MOVING for node in ast.walk(tree))
    lines = content.decode("utf-8", "replace").splitlines()
    return Use(
        frameworks,
        first.node.lineno,
        first.node.col_offset + 1,
        lines[first.node.lineno - 1] if first.node.lineno <= len(lines) else "",
        first.certain and not moved,
        first.guarded,
        tuple(_calls(tree, names)),
    )


MOVING = frozenset(("sys.path", "sys.modules", "sys.meta_path", "sys.path_hooks"))
ENDING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.If, ast.For, ast.While, ast.With, ast.Match)
"""Statements whose insides may never be carried out."""


@dataclass(frozen=True)
class _Import:
    node: ast.Import | ast.ImportFrom
    certain: bool
    guarded: bool


def _imports(body: list[ast.stmt], certain: bool = True, guarded: bool = False) -> Iterator[_Import]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield _Import(node, certain and not guarded, guarded)
        elif isinstance(node, ast.Try):
            yield from _imports(node.body, certain, guarded or any(map(_catches, node.handlers)))
            for part in (*(one.body for one in node.handlers), node.orelse):
                yield from _imports(part, False, guarded)
            yield from _imports(node.finalbody, certain, guarded)
        elif isinstance(node, ast.ClassDef):
            yield from _imports(node.body, certain, guarded)
        elif isinstance(node, ENDING):
            for _, value in ast.iter_fields(node):
                if isinstance(value, list) and all(isinstance(one, ast.stmt) for one in value):
                    yield from _imports(value, False, guarded)
                elif isinstance(value, list):
                    for one in value:
                        if isinstance(one, ast.match_case):
                            yield from _imports(one.body, False, guarded)


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    known = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in known) for kind in kinds)


def _modules(node: ast.Import | ast.ImportFrom) -> tuple[str, ...]:
    """Return the modules of Horovod's that a statement imports."""
    if isinstance(node, ast.Import):
        return tuple(one.name for one in node.names if _is_ours(one.name))
    module = node.module or ""
    if node.level or not _is_ours(module):
        return ()
    if module == "horovod":
        return tuple(f"horovod.{one.name}" for one in node.names)
    return (module,)


def _is_ours(name: str) -> bool:
    return name == "horovod" or name.startswith("horovod.")


def _names(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield the names that a statement brings, as the script writes them, with what each means."""
    for one in node.names:
        if isinstance(node, ast.ImportFrom):
            yield one.asname or one.name, f"{node.module}.{one.name}"
        elif _is_ours(one.name):
            yield one.asname or one.name, one.name


MODULES = (
    "horovod.tensorflow.keras",
    *(f"horovod.{one}" for one in ("torch", "tensorflow", "keras", "mxnet")),
)


def _calls(tree: ast.Module, names: dict[str, str]) -> Iterator[Called]:
    """Yield each name of Horovod's that is used, in the order in which they come."""
    found: dict[tuple[str, str], set[int]] = {}
    inner: set[int] = set()
    for node in ast.walk(tree):
        if id(node) in inner or not isinstance(node, (ast.Attribute, ast.Name)):
            continue
        written = _dotted(node)
        if written:
            # the parts of `a.b.c` are not used by themselves
            inner.update(id(one) for one in ast.walk(node))
        key = next((one for one in (written, *_beginnings(written)) if one in names), None)
        if key is None:
            continue
        meant = names[key] + written[len(key) :]
        module = next((one for one in MODULES if meant == one or meant.startswith(f"{one}.")), "horovod")
        name = meant[len(module) + 1 :]
        if name:
            found.setdefault((name, written), set()).add(node.lineno)
    for (name, written), lines in sorted(found.items(), key=lambda one: min(one[1])):
        yield Called(name, written, tuple(sorted(lines)))


def _beginnings(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _dotted(node: ast.expr) -> str:
    """Return `a.b.c` of such an expression; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
