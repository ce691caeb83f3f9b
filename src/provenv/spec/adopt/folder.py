"""What a folder holds: the list that leads, the Python it means, and what else it has."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import Failure, Place, text
from ...model.spec import Requirement
from ...toml_library import tomllib
from ..gathered import Gathered
from ..leading import PYPROJECT, REQUIREMENTS
from ..requirement_file import gather_file
from ..source import read_requirements, relative
from . import code, listed, poetry, pyproject
from .adopted import Draft, Item, Reference
from .python_versions import dated, stated, told_misfits
from .sources import read_file
from .toml_places import read_document
from .tree import walk

_ENVIRONMENTS = ("environment.yml", "environment.yaml", "conda.yaml", "conda.yml", "env.yml", "env.yaml")
_MAIN_LISTS = (
    "requirements",
    "base",
    "main",
    "core",
    "runtime",
    "install",
    "prod",
    "production",
    "common",
    "default",
)
_LOCKS = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "pixi.lock", "conda-lock.yml")
_OTHERS = (
    "Dockerfile",
    "Containerfile",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
    ".devcontainer/devcontainer.json",
    ".devcontainer.json",
    "Pipfile",
    *_ENVIRONMENTS,
)
MOST_MENTIONED = 20


def read_folder(draft: Draft) -> None:
    """Read what `draft.folder` holds: one list leads, the others are named."""
    folder = draft.folder
    leading = _lead(draft)
    tree = walk(folder)
    if leading is None:
        code.read(draft, tree, read_file)
    else:
        code.missing(draft, tree, _referred(draft))
    _python(draft, leading)
    _itself(draft, leading)
    _mention(draft, leading)


def _lead(draft: Draft) -> Path | None:
    """Read the list that leads; return its file, None where there is none."""
    folder = draft.folder
    if (folder / PYPROJECT).is_file() and _pyproject(draft, folder / PYPROJECT):
        return folder / PYPROJECT
    if (folder / REQUIREMENTS).is_file():
        listed.read(draft, folder / REQUIREMENTS)
        return folder / REQUIREMENTS
    for name in (*_ENVIRONMENTS, "Pipfile", "setup.py", "setup.cfg"):
        path = folder / name
        if path.is_file() and (name != "setup.cfg" or _describes(path)):
            try:
                read_file(draft, _setup(folder) if name == "setup.py" else path)
            except Failure as failure:
                # a broken file does not hide the next one
                first = failure.problems[0]
                line = first.where.line if first.where and first.where.line else 1
                draft.leave(relative(draft.root, path), f"{relative(draft.root, path)}:{line}", first.what)
                continue
            return path
    nested = _nested(folder)
    if nested is not None:
        listed.read(draft, nested)
    return nested


def _pyproject(draft: Draft, path: Path) -> bool:
    """Read a pyproject.toml that says what the project needs; False where it only holds tools' settings."""
    try:
        document = read_document(read_requirements(draft.root, path))
    except Failure:
        # whoever loads it will say what is wrong with it
        draft.references.append(Reference(relative(draft.root, path)))
        draft.tell(text("spec.init.found_project", file=relative(draft.root, path)))
        return True
    if "project" in document.data:
        pyproject.read(draft, document)
        return True
    if poetry.is_poetry(document):
        poetry.read(draft, document)
        return True
    if "build-system" in document.data and not _listed(draft.folder):
        where = f"{relative(draft.root, path)}:1"
        draft.requirements.append(Item("-e .", where, text("adopt.note.itself")))
        return True
    return False


def _listed(folder: Path) -> bool:
    names = (REQUIREMENTS, "setup.py", *_ENVIRONMENTS)
    return any((folder / name).is_file() for name in names) or _describes(folder / "setup.cfg")


def _describes(path: Path) -> bool:
    try:
        return (
            re.search(r"^install_requires", read_requirements(path.parent, path).text, re.MULTILINE)
            is not None
        )
    except Failure:
        return False


def _setup(folder: Path) -> Path:
    """Return setup.cfg where setup.py leaves everything to it."""
    try:
        script = read_requirements(folder, folder / "setup.py").text
    except Failure:
        return folder / "setup.py"
    return (
        folder / "setup.cfg"
        if "install_requires" not in script and _describes(folder / "setup.cfg")
        else folder / "setup.py"
    )


def _nested(folder: Path) -> Path | None:
    """Return the list of a folder `requirements/`, or the only requirements.txt that lies one level down."""
    for name in _MAIN_LISTS:
        for suffix in (".txt", ".in"):
            path = folder / "requirements" / f"{name}{suffix}"
            if path.is_file():
                return path
    below = sorted(one for one in folder.glob(f"*/{REQUIREMENTS}") if one.is_file())
    return below[0] if len(below) == 1 else None


def _python(draft: Draft, leading: Path | None) -> None:
    """Say which Python is meant: what a file pins, or the newest that the pinned releases have wheels for."""
    declared = draft.python or _declared(draft, leading)
    items = [*(item for item in draft.requirements if item.sure), *_referred(draft)]
    found, misfits = dated(items, declared)
    draft.tell(*told_misfits(misfits, found or declared))
    in_project = leading is not None and leading.name == PYPROJECT and bool(draft.references)
    draft.python = found or (draft.python if in_project else declared)


def _declared(draft: Draft, leading: Path | None) -> Item | None:
    folder = draft.folder
    for name in (
        ".python-version",
        "runtime.txt",
        PYPROJECT,
        *_ENVIRONMENTS,
        "Pipfile",
        "setup.py",
        "setup.cfg",
    ):
        path = folder / name
        if not path.is_file():
            continue
        if name == PYPROJECT:
            found = _requires_python(draft, path)
        else:
            scratch = Draft(draft.root, folder, "", "")
            try:
                read_file(scratch, path)
            except Failure:
                continue
            found = scratch.python
        if found is not None:
            if path != leading:
                draft.tell(
                    text("spec.init.found_python", file=relative(draft.root, path), python=found.words)
                )
            return found
    return None


def _requires_python(draft: Draft, path: Path) -> Item | None:
    try:
        source = read_requirements(draft.root, path)
        project = tomllib.loads(source.text).get("project")
    except (Failure, ValueError):
        return None
    requires = project.get("requires-python") if isinstance(project, dict) else None
    line = source.line_of(max(source.text.find("requires-python"), 0))
    return stated(requires, f"{source.name}:{line}") if isinstance(requires, str) else None


def _referred(draft: Draft) -> list[Item]:
    """Return the requirements of the files that are referred to."""
    items: list[Item] = []
    for reference in draft.references:
        path = draft.root / reference.file
        if path.name.endswith(".toml"):
            items += _project_items(draft, path)
            continue
        gathered = Gathered(draft.root, {})
        gather_file(gathered, path)
        items += [_item(one) for one in gathered.requirements]
    return items


def _item(requirement: Requirement) -> Item:
    return Item(requirement.text, _place(requirement.where))


def _place(where: Place) -> str:
    return f"{where.file}:{where.line}"


def _project_items(draft: Draft, path: Path) -> list[Item]:
    try:
        source = read_requirements(draft.root, path)
        project = tomllib.loads(source.text).get("project")
    except (Failure, ValueError):
        return []
    entries = project.get("dependencies") if isinstance(project, dict) else None
    return [
        Item(words, f"{source.name}:{source.line_of(max(source.text.find(words), 0))}")
        for words in (entries if isinstance(entries, list) else ())
        if isinstance(words, str)
    ]


def _itself(draft: Draft, leading: Path | None) -> None:
    """Name the project itself where a list leads that does not install it."""
    if leading is None or leading.name != REQUIREMENTS or not (draft.folder / "setup.py").is_file():
        return
    if all(not item.words.startswith("-e") for item in draft.requirements):
        draft.requirements.append(Item("-e .", "setup.py:1", text("adopt.note.itself"), sure=False))


def _mention(draft: Draft, leading: Path | None) -> None:
    folder = draft.folder
    lists = sorted(
        one
        for pattern in ("*requirements*.txt", "requirements/*.txt", "*requirements*.in", f"*/{REQUIREMENTS}")
        for one in folder.glob(pattern)
        if one.is_file() and one != leading and one.resolve() not in draft.seen
    )
    for path in lists[:MOST_MENTIONED]:
        draft.tell(text("spec.init.found_more", file=relative(draft.root, path)))
    for name in _LOCKS:
        if (folder / name).is_file():
            draft.tell(text("spec.init.found_lock", file=name))
    for name in _OTHERS:
        path = folder / name
        if path.is_file() and path != leading and path.resolve() not in draft.seen:
            draft.tell(text("adopt.found.other", file=relative(draft.root, path)))
