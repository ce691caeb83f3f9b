"""What a uv project says in its own files: indexes, workspace, and who requires whom in its lock."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from ...model.spec import Spec
from ...toml_library import tomllib
from ..tables import table


@dataclass(frozen=True)
class ProjectIndexes:
    """`[[tool.uv.index]]` of a project: the one that replaces uv's default, the others, flat ones.

    An address may refer to variables as `${NAME}`, which are filled in for uv alone.
    """

    default: str | None = None
    extra: tuple[str, ...] = ()
    flat: tuple[str, ...] = ()


def indexes_of(folders: Sequence[Path], environment: Mapping[str, str]) -> ProjectIndexes:
    """Return the indexes that the pyproject.toml of these folders (a member's, its workspace's) name for uv.

    A login in `UV_INDEX_NAME_USERNAME` and `_PASSWORD` goes into the address by reference.
    PyTorch's own index is left out: where torch comes from is a choice of its own.
    """
    public = public_index()
    default: str | None = None
    extra: list[str] = []
    flat: list[str] = []
    for folder in dict.fromkeys(folders):
        entries = _uv(folder).get("index")
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
                continue
            if entry["url"].startswith(public):
                continue
            url = _with_login(_whole(entry["url"], folder), entry.get("name"), environment)
            if entry.get("format") == "flat":
                flat.append(url)
            elif entry.get("default") is True:
                default = default or url
            else:
                extra.append(url)
    return ProjectIndexes(default, tuple(dict.fromkeys(extra)), tuple(dict.fromkeys(flat)))


def public_index() -> str:
    """Return what the addresses of PyTorch's own index begin with."""
    return str(table("torch_family")["index"]).split("{", maxsplit=1)[0]


def is_workspace(root: Path, member: Path) -> bool:
    """Tell whether `root` is the root of a uv workspace that `member` belongs to."""
    workspace = _uv(root).get("workspace")
    if not isinstance(workspace, dict):
        return False
    path = member.relative_to(root).as_posix()

    def named(key: str) -> bool:
        patterns = workspace.get(key)
        return any(fnmatch.fnmatchcase(path, str(one)) for one in patterns or ())

    return named("members") and not named("exclude")


def required_by(lock: Path, folder: Path, spec: Spec) -> dict[str, tuple[str, ...]]:
    """Return for each package of a `uv.lock` the packages and the user's lines that ask for it.

    The project in `folder` itself stands for the lines where it is no package of its own.
    """
    try:
        packages = tomllib.loads(lock.read_text(encoding="utf-8")).get("package", ())
    except (OSError, ValueError):
        return {}
    found: dict[str, list[str]] = {}
    for one in spec.requirements:
        if one.name:
            found.setdefault(one.name, []).append(f"{one.where.file}:{one.where.line or 1}")
    own = f"{spec.parts[0].file}:1" if spec.parts else ""
    for package in packages:
        virtual = package.get("source", {}).get("virtual")
        itself = virtual is not None and (lock.parent / virtual).resolve() == folder.resolve()
        for name in _dependencies(package):
            asking = found.setdefault(name, [])
            if not itself:
                asking.append(canonicalize_name(str(package["name"])))
            elif not asking and own:
                asking.append(own)
    return {name: tuple(dict.fromkeys(asking)) for name, asking in found.items()}


def _dependencies(package: Mapping[str, Any]) -> Iterator[str]:
    lists = [package.get("dependencies", ())]
    for kind in ("optional-dependencies", "dev-dependencies"):
        lists += package.get(kind, {}).values()
    for entries in lists:
        for entry in entries:
            yield canonicalize_name(str(entry["name"]))


def _uv(folder: Path) -> Mapping[str, Any]:
    """Return `[tool.uv]` of the folder's pyproject.toml; nothing where it cannot be read."""
    try:
        data = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    tool = data.get("tool")
    own = tool.get("uv") if isinstance(tool, dict) else None
    return own if isinstance(own, dict) else {}


def _whole(url: str, folder: Path) -> str:
    return url if "://" in url else str((folder / url).resolve())


def _with_login(url: str, name: object, environment: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    if not isinstance(name, str) or "@" in parts.netloc:
        return url
    prefix = "UV_INDEX_" + "".join(one if one.isalnum() else "_" for one in name.upper())
    user, password = f"{prefix}_USERNAME", f"{prefix}_PASSWORD"
    if not environment.get(user) or not environment.get(password):
        return url
    return parts._replace(netloc=f"${{{user}}}:${{{password}}}@{parts.netloc}").geturl()
