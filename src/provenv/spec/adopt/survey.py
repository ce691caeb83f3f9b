"""What the code in a folder imports that is neither Python's own nor the folder's."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from ...errors import Failure
from ..distributions import table
from ..source import LIMIT, read_bytes
from . import notebooks
from .tree import Tree

Standing = Literal["needed", "beside", "aside", "optional"]
_STANDINGS: tuple[Standing, ...] = ("needed", "beside", "aside", "optional")
_WINDOWS = re.compile(r"\bcv2\s*\.\s*(?:imshow|namedWindow|waitKey)\b")
_ASIDE = frozenset({"tests", "test", "testing", "docs", "doc", "benchmark", "benchmarks"})
_BESIDE = frozenset(
    {"examples", "example", "applications", "demo", "demos", "ci", "scripts", "tools", "contrib"}
)
_ASIDE_FILES = re.compile(r"(?:test_\w+|\w+_test|conftest|noxfile|versioneer|hubconf)\.py")
_CALLS_FOR_PATHS = re.compile(r"sys\.path|addsitedir|Extension\s*\(")
_IMPORT = re.compile(
    r"^[ \t]*(?:import[ \t]+(?P<names>[\w., \t]+)|from[ \t]+(?P<module>\w[\w.]*)[ \t]+import\b)", re.MULTILINE
)
_HOSTED = frozenset({"google.colab", "kaggle_secrets", "kaggle_datasets", "kaggle_web_client", "dbutils"})
_OLD_STANDARD = frozenset(
    # modules of Python 2 and of Pythons before this one; nothing is installed for them
    {"imp", "distutils", "asyncore", "asynchat", "smtpd", "cgi", "cgitb", "crypt", "imghdr", "sndhdr",
     "telnetlib",
     "urllib2", "urlparse", "cPickle", "StringIO", "cStringIO", "Queue", "ConfigParser", "commands",
     "httplib",
     "__builtin__", "thread", "Tkinter", "tkMessageBox", "copy_reg", "HTMLParser", "cookielib", "xmlrpclib",
     "binhex", "formatter", "parser", "symbol", "macpath", "lib2to3", "pipes", "nis", "xdrlib",
     "audioop", "aifc", "chunk", "sunau", "uu", "msilib", "nntplib", "ossaudiodev", "spwd", "mailcap"}
)  # fmt: skip


_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Where statements hold statements; an import is never part of an expression."""


@dataclass(frozen=True)
class Import:
    """A module that is imported: its dotted name, where first, and how needed it is.

    `optional` is one whose failing the code expects, `aside` one that only tests
    or documentation import, `beside` one of examples and tools. `place` is
    FILE:LINE; in a notebook, whose cells have no lines of the file, FILE.
    """

    module: str
    place: str
    standing: Standing = "needed"


@dataclass
class Survey:
    """What was found: imports by top-level name, shell commands of notebooks, files that could not be read.

    `windows` says that OpenCV is asked for windows on a screen; `hosted` are
    modules that only a notebook service has.
    """

    imports: dict[str, Import] = field(default_factory=dict)
    shell: list[tuple[str, str]] = field(default_factory=list)
    hosted: dict[str, str] = field(default_factory=dict)
    scripts: int = 0
    notebooks: int = 0
    broken: list[str] = field(default_factory=list)
    windows: bool = False


def survey(tree: Tree) -> Survey:
    """Return what the files of a tree import. A broken file is noted, and read by its import lines."""
    found = Survey()
    modules: list[tuple[PurePosixPath, ast.Module]] = []
    for file in tree.files:
        content = _content(tree, file, found)
        module = _module(content, file, found) if content is not None else None
        if content is None or module is None:
            continue
        found.windows |= _WINDOWS.search(content) is not None
        if _CALLS_FOR_PATHS.search(content):
            _paths(module, tree)
        if file.name != "setup.py":
            modules.append((file, module))
    for file, module in modules:
        _collect(module, tree, file, found)
    return found


def _content(tree: Tree, file: PurePosixPath, found: Survey) -> str | None:
    limit = notebooks.LIMIT if file.suffix == ".ipynb" else LIMIT
    try:
        return read_bytes(tree.root / file, str(file), limit=limit).decode("utf-8-sig")
    except (Failure, UnicodeDecodeError):
        found.broken.append(str(file))
        return None


def _module(content: str, file: PurePosixPath, found: Survey) -> ast.Module | None:
    if file.suffix == ".ipynb":
        found.notebooks += 1
        notebook = notebooks.read(content)
        if notebook is None:
            found.broken.append(str(file))
            return None
        found.shell.extend((command, str(file)) for command, _ in notebook.shell)
        module = parsed(notebook.code)
        # one cell that is no Python does not hide the others
        return module if module is not None else _by_lines(notebook.code)
    found.scripts += 1
    module = parsed(content)
    if module is None:
        found.broken.append(str(file))
        return _by_lines(content)
    return module


def parsed(code: str) -> ast.Module | None:
    """Return the tree of Python 3 code, None where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _by_lines(code: str) -> ast.Module:
    """Return the imports of code that does not parse (Python 2, broken cells), found by its lines."""
    body: list[ast.stmt] = []
    for match in _IMPORT.finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        if match["module"]:
            body.append(ast.ImportFrom(match["module"], [ast.alias("*")], 0, lineno=line, col_offset=0))
            continue
        names = [one.split(" as ")[0].strip() for one in match["names"].split(",")]
        aliases = [ast.alias(name) for name in names if re.fullmatch(r"[A-Za-z_][\w.]*", name)]
        body.append(ast.Import(aliases, lineno=line, col_offset=0))
    return ast.Module(body, [])


def _paths(module: ast.Module, tree: Tree) -> None:
    """Note the folders that are put on sys.path, and the extension modules that a setup.py makes."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        called = (
            ast.unparse(node.func) if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        constants = [
            one.value
            for one in ast.walk(node)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if called in ("sys.path.append", "sys.path.insert", "path.append", "path.insert", "site.addsitedir"):
            joined = "/".join(constants)
            for written in {joined, *constants}:
                tree.add_path(written)
        elif called.endswith("Extension") and constants:
            tree.extensions.add(constants[0].rpartition(".")[2])


def _collect(module: ast.Module, tree: Tree, file: PurePosixPath, found: Survey) -> None:
    is_notebook = file.suffix == ".ipynb"
    usual = _standing(file)
    waiting: list[tuple[ast.AST, bool]] = [(module, False)]
    while waiting:
        node, optional = waiting.pop()
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            waiting.extend((child, optional) for child in node.orelse)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            standing: Standing = "optional" if optional else usual
            place = str(file) if is_notebook else f"{file}:{node.lineno}"
            for name in _modules(node):
                _note(Import(name, place, standing), tree, file, found)
        expected = isinstance(node, ast.Try) and any(_catches_import(handler) for handler in node.handlers)
        for name in _BLOCKS:
            tried = optional or (expected and name in ("body", "handlers"))
            waiting.extend((child, tried) for child in getattr(node, name, ()))


def _standing(file: PurePosixPath) -> Standing:
    folders = set(file.parts[:-1])
    if _ASIDE & folders or _ASIDE_FILES.fullmatch(file.name):
        return "aside"
    return "beside" if _BESIDE & folders else "needed"


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names] or [node.module]
    return []


def _note(one: Import, tree: Tree, file: PurePosixPath, found: Survey) -> None:
    top = one.module.partition(".")[0]
    if top in sys.stdlib_module_names or top in _OLD_STANDARD or top in ("__main__", "_typeshed"):
        return
    if top in _HOSTED or ".".join(one.module.split(".")[:2]) in _HOSTED:
        found.hosted.setdefault(".".join(one.module.split(".")[:2]) if top == "google" else top, one.place)
        return
    if tree.has(top, file) or (tree.has_anywhere(top) and not table().knows_import(one.module)):
        return
    key = _key(one.module)
    before = found.imports.get(key)
    if before is None or _STANDINGS.index(one.standing) < _STANDINGS.index(before.standing):
        found.imports[key] = one


def _key(module: str) -> str:
    """Return by what an import is counted: its top-level name, or more where many packages share that."""
    top = module.partition(".")[0]
    distribution = table().of_import(module)
    return f"{top}:{distribution}" if distribution and table().of_import(top) != distribution else top


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _catches_import(handler: ast.ExceptHandler) -> bool:
    names = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"*"}
    )
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception", "*"})
