"""setup.py read, never run: what its call of `setup` says as far as plain Python values go.

Names, lists, dictionaries, `+`, comprehensions over a file's lines and the project's own
functions that read a requirements file are followed; everything else is left open.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import Failure, text
from ..source import Source, relative
from .adopted import Draft, Item
from .pip_lines import take_line, take_text
from .python_versions import stated

_BUILDING = frozenset({"setuptools", "distutils", "pkg_resources"})
_LIST_FILE = re.compile(r"[\w./-]*\.(?:txt|in)")
DEEPEST = 12
"""Names that stand for names; no setup.py has a longer chain."""


@dataclass
class Script:
    """A parsed setup.py: names with all that was added to them, functions, the call of `setup`."""

    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    call: ast.Call | None = None
    foreign: list[str] = field(default_factory=list)

    @property
    def compiles(self) -> bool:
        """Return whether building it needs more than Python: extensions, or other packages to start with."""
        keywords = {keyword.arg for keyword in self.call.keywords} if self.call else set()
        return bool(self.foreign) or bool(keywords & {"ext_modules", "cffi_modules", "rust_extensions"})


@dataclass(frozen=True)
class Words:
    """A string of the script and its line, or (`is_file`) a file whose lines are meant."""

    words: str
    line: int
    is_file: bool = False


class Unknown(Exception):
    """Raised where a value is not plain enough to be read without running the script."""


def read(draft: Draft, source: Source) -> None:
    """Read what `setup` is told; what cannot be read without running it makes the project itself the list."""
    script = parse(source)
    own = Item(_itself(draft), f"{source.name}:1", text("adopt.note.itself"))
    if script is None or script.call is None:
        draft.requirements.append(Item(own.words, own.where, text("adopt.note.setup_unread")))
        draft.about = text("adopt.about.itself", file=source.name)
        return
    keywords = {keyword.arg: keyword.value for keyword in script.call.keywords if keyword.arg}
    own = Item(own.words, f"{source.name}:{script.call.lineno}", own.note)
    draft.name = _one(script, keywords.get("name"))
    if python := _one(script, keywords.get("python_requires")):
        draft.python = stated(python, f"{source.name}:{keywords['python_requires'].lineno}")
    try:
        found = list(_all(script, keywords.get("install_requires"), 0))
    except Unknown:
        draft.requirements.append(Item(own.words, own.where, text("adopt.note.setup_unread")))
        draft.about = text("adopt.about.itself", file=source.name)
        return
    for one in found:
        _take(draft, source, one)
    for extra, entries in _extras(script, keywords.get("extras_require")):
        for one in entries:
            where = f"{source.name}:{one.line}"
            take_line(draft, one.words, where, note=text("adopt.note.extra", extra=extra), sure=False)
    for keyword in ("setup_requires", "dependency_links"):
        if keyword in keywords and keyword == "dependency_links":
            draft.leave(
                keyword, f"{source.name}:{keywords[keyword].lineno}", text("adopt.left.dependency_links")
            )
    if script.compiles:
        note = text("adopt.note.itself_compiles", needs=", ".join(script.foreign) or "ext_modules")
        draft.requirements.append(Item(own.words, own.where, note, sure=False))
    else:
        draft.requirements.append(own)
    draft.about = text("adopt.about.setup", file=source.name)


def parse(source: Source) -> Script | None:
    """Return the script's parts, None where it is no Python 3."""
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    script = Script()
    for node in _statements(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            script.foreign.extend(_foreign(node))
        elif isinstance(node, ast.FunctionDef):
            script.functions[node.name] = node
            if node.name == "main":
                script.call = script.call or _setup_call(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    script.values[target.id] = [node.value]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            script.values[node.target.id] = [node.value]
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            script.values.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, ast.With):
            _opened(script, node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            _called(script, node.value)
    return script


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.With)):
            yield from _statements(node.body)
        if isinstance(node, ast.If):
            yield from _statements(node.orelse)


def _called(script: Script, call: ast.Call) -> None:
    """Note the call of `setup`, and `NAME.append(...)` or `NAME.extend(...)`."""
    function = call.func
    if _callee(call) == "setup":
        script.call = call
    elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and call.args:
        if function.attr == "append":
            script.values.setdefault(function.value.id, []).append(ast.List([call.args[0]], ast.Load()))
        elif function.attr == "extend":
            script.values.setdefault(function.value.id, []).append(call.args[0])


def _setup_call(function: ast.FunctionDef) -> ast.Call | None:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _callee(node) == "setup":
            return node
    return None


def _opened(script: Script, node: ast.With) -> None:
    """Remember `with open(FILE) as f`: the name stands for the file's lines."""
    for item in node.items:
        if isinstance(item.optional_vars, ast.Name):
            script.values[item.optional_vars.id] = [item.context_expr]


def _foreign(node: ast.Import | ast.ImportFrom) -> list[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    tops = [name.partition(".")[0] for name in names]
    return [top for top in tops if top and top not in sys.stdlib_module_names and top not in _BUILDING]


def _callee(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _one(script: Script, node: ast.expr | None) -> str | None:
    try:
        found = list(_all(script, node, 0))
    except Unknown:
        return None
    return found[0].words if len(found) == 1 and not found[0].is_file else None


def _all(script: Script, node: ast.expr | None, depth: int) -> Iterator[Words]:
    """Yield the strings of a value. Raises Unknown."""
    if node is None:
        return
    if isinstance(node, ast.Constant):
        yield from _lines(node)
    elif depth > DEEPEST:
        raise Unknown
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        for element in node.elts:
            yield from _all(script, element.value if isinstance(element, ast.Starred) else element, depth + 1)
    elif isinstance(node, ast.Name) and node.id in script.values:
        for value in script.values[node.id]:
            yield from _all(script, value, depth + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        for side in (node.left, node.right):
            yield from _all(script, side, depth + 1)
    elif isinstance(node, (ast.IfExp, ast.Subscript)):
        inner = node.body if isinstance(node, ast.IfExp) else _entry(script, node)
        yield from _all(script, inner, depth + 1)
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.Call)):
        yield from _from_file(script, node, depth)
    else:
        raise Unknown


def _lines(node: ast.Constant) -> Iterator[Words]:
    if isinstance(node.value, str):
        for number, line in enumerate(node.value.splitlines() or [""]):
            yield Words(line, node.lineno + number)
    elif node.value is not None:
        raise Unknown


def _entry(script: Script, node: ast.Subscript) -> ast.expr:
    """Return what `NAME["key"]` is of a dictionary that stands in the script."""
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if isinstance(node.value, ast.Name) and len(script.values.get(node.value.id, ())) == 1:
        table = script.values[node.value.id][0]
        if isinstance(table, ast.Dict):
            for name, value in zip(table.keys, table.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == key:
                    return value
    raise Unknown


def _from_file(script: Script, node: ast.expr, depth: int) -> Iterator[Words]:
    """Yield the file whose lines an expression stands for, or the strings that it passes on."""
    names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id in script.values]
    if (
        isinstance(node, ast.Call)
        and _callee(node) in ("list", "sorted", "set", "tuple")
        and len(node.args) == 1
    ):
        yield from _all(script, node.args[0], depth + 1)
        return
    nodes: list[ast.AST] = [node]
    nodes += [value for name in names for value in script.values[name]]
    if isinstance(node, ast.Call) and (function := script.functions.get(_callee(node))):
        nodes.append(function)
    calls = [one for part in nodes for one in ast.walk(part) if isinstance(one, ast.Call)]
    reads = any(
        _callee(call) in ("open", "read_text", "readlines", "read", "parse_requirements", "Path")
        for call in calls
    )
    files = [
        one
        for part in nodes
        for one in ast.walk(part)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and _LIST_FILE.fullmatch(one.value)
    ]
    if not reads or not files:
        raise Unknown
    yield Words(str(files[0].value), node.lineno, is_file=True)


def _extras(script: Script, node: ast.expr | None) -> Iterator[tuple[str, list[Words]]]:
    if isinstance(node, ast.Name) and len(script.values.get(node.id, ())) == 1:
        node = script.values[node.id][0]
    if not isinstance(node, ast.Dict):
        return
    for name, value in zip(node.keys, node.values, strict=True):
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            try:
                yield name.value, [one for one in _all(script, value, 0) if not one.is_file]
            except Unknown:
                continue


def _take(draft: Draft, source: Source, one: Words) -> None:
    where = f"{source.name}:{one.line}"
    if not one.is_file:
        take_line(draft, one.words, where)
        return
    path = draft.folder / Path(one.words)
    if not path.is_file():
        draft.leave(one.words, where, text("adopt.left.no_file"))
        return
    try:
        take_text(draft, path)
    except Failure as failure:
        draft.leave(one.words, where, failure.problems[0].why or failure.problems[0].what)


def _itself(draft: Draft) -> str:
    path = relative(draft.root, draft.folder)
    return "-e ." if path == "." else f"-e {path if path.startswith(('.', '/')) else './' + path}"
