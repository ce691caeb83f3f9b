"""A file or folder that somebody names, to what it holds: the kind is told by name and content."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ...errors import Failure, Hint, Place, Problem, problem, text
from ..source import Source, read_requirements, relative
from . import (
    code,
    compose,
    conda_environment,
    conda_list,
    devcontainer,
    dockerfile,
    dockerfile_stages,
    installed,
    listed,
    pipfile,
    poetry,
    pyproject,
    script_metadata,
    setup_cfg,
    setup_script,
)
from .adopted import Draft
from .python_versions import stated
from .toml_places import read_document
from .tree import single

KINDS = (
    "environment.yml", "Pipfile", "Pipfile.lock", "pyproject.toml", "setup.cfg", "setup.py",
    "requirements.txt",
    "pip freeze", "conda list", "Dockerfile", "compose.yaml", "devcontainer.json", "*.ipynb", "*.py",
    ".python-version", "runtime.txt",
)  # fmt: skip
_LOCKS = re.compile(r"(?:uv|poetry|pdm|pixi|conda)[\w-]*\.lock|pylock(?:\.[^.]+)?\.toml|conda-lock\.ya?ml")
_DOCKER = re.compile(r"(?:docker|container)file(?:[.-].*)?|.*[.-](?:docker|container)file", re.IGNORECASE)
_LISTS = re.compile(r".*\.(?:txt|in|pip|reqs?)|.*requirements.*", re.IGNORECASE)


def read_file(draft: Draft, path: Path) -> None:
    """Read a file into the draft. Raises Failure: PV150 for an unknown kind, or what is wrong with it."""
    resolved = path.resolve()
    if resolved in draft.seen:
        return
    name = path.name
    if name.endswith(".ipynb"):
        draft.seen.add(resolved)
        code.read(draft, single(_around(draft, path), [path]), read_file)
        return
    if _LOCKS.fullmatch(name):
        raise Failure(_lock_problem(draft, path))
    source = read_requirements(draft.root, path)
    reader = _by_name(name, source) or _by_content(source.text)
    if reader is None:
        raise Failure(unknown(source.name))
    if reader not in (_requirements, _list):
        draft.seen.add(resolved)
    reader(draft, source, path)


def read_words(draft: Draft, words: str, name: str) -> None:
    """Read a text that comes from no file: standard input. Raises Failure as `read_file` does."""
    source = Source(name, words)
    reader = _by_content(words)
    if reader is None:
        raise Failure(unknown(name))
    if reader is _requirements:
        listed.read_lines(draft, source)
    else:
        reader(draft, source, draft.root / name)


def unknown(name: str) -> Problem:
    """Return the problem of a source whose kind is not known."""
    return problem(
        "PV150",
        file=name,
        where=Place(name),
        why=text("PV150.why", kinds=", ".join(KINDS)),
        hints=(Hint(text("PV150.hint"), "provenv init"),),
    )


Reader = Callable[[Draft, Source, Path], None]


def _by_name(name: str, source: Source) -> Reader | None:
    lowered = name.lower()
    if name.endswith((".yml", ".yaml")):
        if conda_environment.is_environment(source.text):
            return _environment
        return _compose if compose.is_compose(source.text) else None
    plain: dict[str, Reader] = {
        "pipfile": _pipfile,
        "pipfile.lock": lambda draft, source, path: pipfile.read_lock(draft, source),
        "pyproject.toml": _pyproject,
        "setup.cfg": lambda draft, source, path: setup_cfg.read(draft, source),
        "setup.py": lambda draft, source, path: setup_script.read(draft, source),
        ".python-version": _python_version,
        "runtime.txt": _python_version,
    }
    if lowered in plain:
        return plain[lowered]
    if devcontainer.is_devcontainer(name):
        return lambda draft, source, path: devcontainer.read(draft, source, path.parent, read_file)
    if _DOCKER.fullmatch(name):
        return _dockerfile
    if name.endswith(".py"):
        return _script
    if name.endswith(".toml"):
        return _pyproject
    if _LISTS.fullmatch(name):
        return _list
    return None


def _by_content(words: str) -> Reader | None:
    if conda_environment.is_environment(words):
        return _environment
    if dockerfile_stages.is_dockerfile(words):
        return _dockerfile
    if conda_list.is_list(words):
        return _list
    if re.search(r"^\[(?:\[source\]|packages)\]", words, re.MULTILINE):
        return _pipfile
    if re.search(r"^\[(?:project|tool\.[\w-]+)", words, re.MULTILINE):
        return _pyproject
    if script_metadata.has_block(words):
        return _script
    lines = [line for line in words.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return _requirements if lines and all(_is_listed(line) for line in lines) else None


def _is_listed(line: str) -> bool:
    return (
        re.match(
            r"\s*(?:-{1,2}[A-Za-z]|[A-Za-z0-9][\w.\[\],-]*\s*(?:[<>=!~;@]|$)|git\+|https?://|\.{0,2}/)", line
        )
        is not None
    )


def _environment(draft: Draft, source: Source, path: Path) -> None:
    conda_environment.read(draft, source)


def _pipfile(draft: Draft, source: Source, path: Path) -> None:
    pipfile.read(draft, read_document(source))


def _pyproject(draft: Draft, source: Source, path: Path) -> None:
    document = read_document(source)
    if poetry.is_poetry(document):
        poetry.read(draft, document)
    elif "project" in document.data or "dependency-groups" in document.data:
        pyproject.read(draft, document)
    else:
        why = text("adopt.broken.no_project")
        raise Failure(problem("PV152", file=source.name, where=Place(source.name), why=why))


def _dockerfile(draft: Draft, source: Source, path: Path) -> None:
    dockerfile.read(draft, source, path.parent, read_file)


def _compose(draft: Draft, source: Source, path: Path) -> None:
    compose.read(draft, source, path, read_file)


def _script(draft: Draft, source: Source, path: Path) -> None:
    if script_metadata.has_block(source.text):
        script_metadata.read(draft, source)
    else:
        code.read(draft, single(_around(draft, path), [path]), read_file)


def _list(draft: Draft, source: Source, path: Path) -> None:
    if conda_list.is_list(source.text):
        conda_list.read(draft, source)
    else:
        _requirements(draft, source, path)


def _requirements(draft: Draft, source: Source, path: Path) -> None:
    listed.read(draft, path)


def _python_version(draft: Draft, source: Source, path: Path) -> None:
    for number, line in enumerate(source.text.splitlines(), start=1):
        words = line.partition("#")[0].strip().removeprefix("python-").removeprefix("cpython-")
        if re.fullmatch(r"3(?:\.\d+){1,2}", words):
            draft.python = draft.python or stated(words, f"{source.name}:{number}")
            return
        if words:
            draft.leave(words, f"{source.name}:{number}", text("adopt.left.not_understood"))
            return


def _around(draft: Draft, path: Path) -> Path:
    """Return the folder whose modules a script can import: the project's, or else its own."""
    root = draft.root.resolve()
    return draft.root if root in path.resolve().parents else path.parent


def _lock_problem(draft: Draft, path: Path) -> Problem:
    name = relative(draft.root, path)
    return problem(
        "PV151",
        file=name,
        where=Place(name),
        why=text("PV151.why"),
        hints=(Hint(text("PV151.hint"), "provenv init"),),
    )


def read_environment(draft: Draft, folder: Path) -> bool:
    """Read a folder that is a virtual or conda environment; False where it is neither."""
    if installed.is_virtual(folder):
        installed.read_virtual(draft, folder)
    elif installed.is_conda(folder):
        installed.read_conda(draft, folder)
    else:
        return False
    return True
