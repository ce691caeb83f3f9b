"""`init`: the text of a commented provenv.toml from what is in the folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

from ..errors import Failure, Text, text
from .distributions import table
from .edit_array import INDENT, quote
from .imports import Import, Survey, survey
from .leading import PYPROJECT, REQUIREMENTS
from .mistakes import parses
from .source import read_bytes
from .toml_library import tomllib

_OTHER_LISTS = (
    # files that say what is needed and that are not read: name -> our words
    ("environment.yml", "conda"),
    ("environment.yaml", "conda"),
    ("Pipfile", "pipfile"),
    ("uv.lock", "lock"),
    ("pylock.toml", "lock"),
)
_NAME = re.compile(r"\w([\w.-]*\w)?")


@dataclass
class _Draft:
    """The lines of the `requirements` key, and what is told about where they come from."""

    requirements: list[str] = field(default_factory=list)
    found: list[Text] = field(default_factory=list)


def initial(folder: Path, words: Callable[[Text], str]) -> tuple[str, tuple[Text, ...]]:
    """Return the text of a provenv.toml for `folder`, and lines that tell what was found where.

    Files that list requirements are referred to, not copied; without one, the
    imports of the folder's code make the list. `words` renders the comments.
    """
    root = Path(os.path.abspath(folder))
    pyproject = _pyproject(root)
    draft = _Draft()
    _requirements(root, pyproject, words, draft)
    _mention_others(root, draft)
    lines = [
        *_comment(words(text("spec.init.header"))),
        "schema = 1",
        f"name = {quote(_name(root, pyproject), chr(34))}",
        "",
        *_python(root, pyproject, words, draft),
        "",
        *draft.requirements,
        "",
        *_comment(words(text("spec.init.accelerator"))),
        'accelerator = "auto"',
        "",
        *_comment(words(text("spec.init.system"))),
        '# system = ["libgl1"]',
        "",
        *_comment(words(text("spec.init.env"))),
        "# [env]",
        '# PYTHONHASHSEED = "0"',
        '# pass = ["HF_TOKEN"]',
        "",
        *_comment(words(text("spec.init.mirrors"))),
        "# [mirrors]",
        '# pypi = "https://mirror.example/simple"',
        "",
        *_comment(words(text("spec.init.prove"))),
        "# [prove]",
        f"# commands = {{ smoke = {quote(_smoke(root), chr(34))} }}",
        "",
        *_comment(words(text("spec.init.run"))),
        "# [run.train]",
        f"# command = {quote(_train(root), chr(34))}",
        "",
    ]
    return "\n".join(lines), tuple(draft.found)


def _comment(words: str) -> list[str]:
    return [f"# {line}".rstrip() for line in words.splitlines()]


def _pyproject(root: Path) -> dict[str, object] | None:
    """Return pyproject.toml's values, an empty table where it is broken, None where there is none."""
    path = root / PYPROJECT
    if not path.is_file():
        return None
    try:
        data: dict[str, object] = tomllib.loads(read_bytes(path, PYPROJECT).decode("utf-8-sig"))
    except (Failure, ValueError, RecursionError):
        return {}
    return data


def _project(pyproject: dict[str, object] | None) -> dict[str, object] | None:
    project = (pyproject or {}).get("project")
    return project if isinstance(project, dict) else None


def _name(root: Path, pyproject: dict[str, object] | None) -> str:
    name = (_project(pyproject) or {}).get("name")
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    return re.sub(r"[^\w.-]+", "-", root.name).strip("-._") or "project"


def _python(
    root: Path, pyproject: dict[str, object] | None, words: Callable[[Text], str], draft: _Draft
) -> list[str]:
    requires = (_project(pyproject) or {}).get("requires-python")
    if isinstance(requires, str):
        draft.found.append(text("spec.init.found_python", file=PYPROJECT, python=requires))
        return [*_comment(words(text("spec.init.python_from_project"))), '# python = "3.11"']
    comment = _comment(words(text("spec.init.python")))
    path = root / ".python-version"
    if path.is_file():
        try:
            pinned = read_bytes(path, path.name).decode("utf-8", "replace").split("\n")[0].strip()
        except Failure:
            pinned = ""
        if re.fullmatch(r"\d+(\.\d+){1,2}", pinned):
            draft.found.append(text("spec.init.found_python", file=path.name, python=pinned))
            return [*comment, f'python = "{pinned}"']
    return [*comment, '# python = "3.11"']


def _requirements(
    root: Path, pyproject: dict[str, object] | None, words: Callable[[Text], str], draft: _Draft
) -> None:
    if _project(pyproject) is not None or pyproject == {}:
        groups = (pyproject or {}).get("dependency-groups")
        named = list(groups) if isinstance(groups, dict) else []
        draft.found.append(text("spec.init.found_project", file=PYPROJECT))
        draft.requirements = [
            *_comment(words(text("spec.init.requirements_project", file=PYPROJECT))),
            f'requirements = {{ file = "{PYPROJECT}" }}',
        ]
        if named:
            draft.found.append(text("spec.init.found_groups", groups=", ".join(named)))
            draft.requirements.append(
                f'# requirements = {{ file = "{PYPROJECT}", groups = [{quote(named[0], chr(34))}] }}'
            )
        return
    if (root / REQUIREMENTS).is_file():
        draft.found.append(text("spec.init.found_requirements", file=REQUIREMENTS))
        draft.requirements = [
            *_comment(words(text("spec.init.requirements_file", file=REQUIREMENTS))),
            f'requirements = {{ file = "{REQUIREMENTS}" }}',
        ]
        return
    if (root / "setup.py").is_file() or (pyproject is not None and "build-system" in pyproject):
        file = "setup.py" if (root / "setup.py").is_file() else PYPROJECT
        draft.found.append(text("spec.init.found_project", file=file))
        draft.requirements = [
            *_comment(words(text("spec.init.requirements_project", file=file))),
            'requirements = ["-e ."]',
        ]
        return
    _from_imports(root, words, draft)


def _mention_others(root: Path, draft: _Draft) -> None:
    lists = sorted(
        path.relative_to(root).as_posix()
        for pattern in ("*requirements*.txt", "requirements/*.txt", "*requirements*.in")
        for path in root.glob(pattern)
        if path.is_file() and path.name != REQUIREMENTS
    )
    for file in lists[:20]:
        draft.found.append(text("spec.init.found_more", file=file))
    for name, key in _OTHER_LISTS:
        if (root / name).is_file():
            draft.found.append(text(f"spec.init.found_{key}", file=name))


def _from_imports(root: Path, words: Callable[[Text], str], draft: _Draft) -> None:
    found = survey(root)
    draft.found.append(
        text("spec.init.found_code", scripts=found.scripts, notebooks=found.notebooks)
        if found.scripts or found.notebooks
        else text("spec.init.found_nothing")
    )
    for name in found.broken[:20]:
        draft.found.append(text("spec.init.found_broken", file=name))
    if found.cut:
        draft.found.append(text("spec.init.found_cut"))
    rows = _rows(found, draft)
    draft.requirements = _comment(
        words(text("spec.init.requirements_imports" if rows else "spec.init.requirements_none"))
    )
    if not rows:
        draft.requirements.append("requirements = []")
        return
    draft.requirements.append("requirements = [")
    for active, requirement, why in rows:
        note = " ".join(words(why).split())
        draft.requirements.append(f"{INDENT}{'' if active else '# '}{quote(requirement, chr(34))},  # {note}")
    draft.requirements.append("]")


def _rows(found: Survey, draft: _Draft) -> list[tuple[bool, str, Text]]:
    """Return (whether it is wanted, requirement, where it comes from) by name; each once."""
    rows: dict[str, tuple[bool, str, Text]] = {}
    for words, file in found.installs.items():
        name = re.split(r"[\[<>=!~]", words, maxsplit=1)[0]
        if parses(words) and canonicalize_name(name) not in table().wrong:
            rows[canonicalize_name(name)] = (True, words, text("spec.init.from_install", file=file))
            draft.found.append(text("spec.init.found_install", requirement=words, file=file))
    for top, one in sorted(found.imports.items()):
        distribution = table().of_import(one.module)
        if top == "cv2" and found.windows:
            distribution = "opencv-python"
        place = one.place
        requirement = distribution or top.replace("_", "-")
        if canonicalize_name(requirement) in rows:
            continue
        row = _row(top, one, distribution, requirement, place)
        rows[canonicalize_name(requirement)] = row
        draft.found.append(_told(top, one, distribution, place))
    return [rows[name] for name in sorted(rows, key=lambda name: (not rows[name][0], name))]


def _row(
    top: str, one: Import, distribution: str | None, requirement: str, place: str
) -> tuple[bool, str, Text]:
    if distribution is None:
        return False, requirement, text("spec.init.from_unknown", module=top, place=place)
    if one.optional:
        return False, requirement, text("spec.init.from_optional", module=top, place=place)
    if requirement == "opencv-python-headless":
        return True, requirement, text("spec.init.from_cv2_headless", place=place)
    if requirement == "opencv-python":
        return True, requirement, text("spec.init.from_cv2_windows", place=place)
    return True, requirement, text("spec.init.from_import", module=top, place=place)


def _told(top: str, one: Import, distribution: str | None, place: str) -> Text:
    if distribution is None:
        return text("spec.init.found_unknown", module=top, place=place)
    if one.optional:
        return text("spec.init.found_optional", module=top, distribution=distribution, place=place)
    return text("spec.init.found_import", module=top, distribution=distribution, place=place)


def _smoke(root: Path) -> str:
    return "python -m pytest -q" if (root / "tests").is_dir() else "python -c 'print(1 + 1)'"


def _train(root: Path) -> str:
    for name in ("train.py", "main.py", "run.py"):
        if (root / name).is_file():
            return f"python {name}"
    return "python train.py"
