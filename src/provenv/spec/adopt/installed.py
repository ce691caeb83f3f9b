"""A working environment: a virtual environment's folder, or conda's, by what is installed there.

Files of an installed distribution: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.markers import InvalidMarker, Marker, default_environment
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from ...errors import Failure, text
from ..source import brief, read_bytes, relative
from .adopted import Draft
from .conda_environment import take_spec
from .conda_names import meaning
from .conda_spec import Spec
from .pip_lines import TOOLS, take_line
from .python_versions import stated

MOST = 3000
"""Installed distributions that are looked at."""
_BY_TORCH = re.compile(r"(?:nvidia-[\w-]+|triton|pytorch-triton[\w-]*|cuda-\w+)")


@dataclass(frozen=True)
class Distribution:
    """One installed distribution: where it came from (`direct`), whether somebody asked for it by name."""

    name: str
    version: str
    requires: tuple[str, ...]
    direct: str
    editable: bool
    requested: bool
    installer: str
    folder: str


def is_virtual(folder: Path) -> bool:
    """Return whether a folder is a virtual environment."""
    return (folder / "pyvenv.cfg").is_file()


def is_conda(folder: Path) -> bool:
    """Return whether a folder is a conda environment."""
    return (folder / "conda-meta").is_dir()


def read_virtual(draft: Draft, folder: Path) -> None:
    """Read a virtual environment: what nothing else needs is the list, the rest bounds versions."""
    draft.dump = True
    _python(draft, folder)
    found = sorted(distributions(folder), key=lambda one: one.name)
    needed = _needed(found)
    name = relative(draft.root, folder)
    asked = [one for one in found if one.requested]
    # installers note what was asked for by name (PEP 376); where all or none are noted it tells nothing
    told = 0 < len(asked) < len(found)
    for one in found:
        leads = one.requested if told else canonicalize_name(one.name) not in needed
        _take(draft, one, f"{name}/{one.folder}", leads=leads)
    n = len(draft.constraints)
    draft.tell(
        text(
            "adopt.found.environment",
            folder=name,
            n=len(found),
            python=draft.python.words if draft.python else "?",
        )
    )
    if n:
        draft.tell(text("adopt.found.constrained", n=n))
    draft.about = text("adopt.about.environment", file=name)


def read_conda(draft: Draft, folder: Path) -> None:
    """Read a conda environment: what was asked for, what pip installed there, versions of the rest."""
    draft.dump = True
    history = _requested(folder / "conda-meta" / "history")
    name = relative(draft.root, folder)
    seen = set()
    for record in sorted((folder / "conda-meta").glob("*.json"))[:MOST]:
        try:
            data = json.loads(read_bytes(record, record.name, limit=1 << 24).decode("utf-8"))
        except (Failure, ValueError):
            continue
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            continue
        spec = Spec(data["name"], f"=={data.get('version', '')}", str(data.get("build", "")))
        where = f"{name}/conda-meta/{record.name}"
        words = f"{data['name']}={data.get('version', '')}"
        meant = meaning(spec.name)
        seen.add(canonicalize_name(meant.words if meant.kind == "package" else spec.name))
        if meant.kind == "package" and spec.name != "python" and history and spec.name not in history:
            take_line(draft, f"{meant.words}=={data.get('version', '')}", where, constraint=True)
        else:
            take_spec(draft, spec, words, where)
    pip = [one for one in distributions(folder) if one.installer not in ("conda", "")]
    pip = [one for one in pip if canonicalize_name(one.name) not in seen]
    needed = _needed(pip)
    for one in sorted(pip, key=lambda one: one.name):
        _take(draft, one, f"{name}/{one.folder}", leads=canonicalize_name(one.name) not in needed)
    draft.tell(
        text(
            "adopt.found.environment",
            folder=name,
            n=len(seen) + len(pip),
            python=draft.python.words if draft.python else "?",
        )
    )
    draft.about = text("adopt.about.environment", file=name)


def distributions(folder: Path) -> Iterator[Distribution]:
    """Yield what is installed in an environment's site-packages."""
    count = 0
    for pattern in ("lib/python3*/site-packages", "Lib/site-packages", "lib64/python3*/site-packages"):
        for site in sorted(folder.glob(pattern)):
            if site.parent.parent.name == "lib64" and site.parent.parent.is_symlink():
                continue
            for info in sorted(site.glob("*.dist-info")):
                count += 1
                if count > MOST:
                    return
                found = _read(folder, info)
                if found is not None:
                    yield found


def _read(folder: Path, info: Path) -> Distribution | None:
    try:
        metadata = HeaderParser().parsestr(
            read_bytes(info / "METADATA", info.name, limit=1 << 24).decode("utf-8", "replace")
        )
    except Failure:
        return None
    name, version = metadata.get("Name"), metadata.get("Version")
    if not name or not version:
        return None
    direct, editable = _direct(info)
    return Distribution(
        name.strip(),
        version.strip(),
        tuple(metadata.get_all("Requires-Dist") or ()),
        direct,
        editable,
        (info / "REQUESTED").exists(),
        _line(info / "INSTALLER"),
        info.relative_to(folder).as_posix(),
    )


def _direct(info: Path) -> tuple[str, bool]:
    """Return where a distribution was installed from, as pip would write it, and whether it is editable."""
    try:
        data = json.loads(read_bytes(info / "direct_url.json", info.name).decode("utf-8"))
    except (Failure, ValueError):
        return "", False
    url = data.get("url") if isinstance(data, dict) else None
    if not isinstance(url, str):
        return "", False
    if isinstance(vcs := data.get("vcs_info"), dict):
        subdirectory = data.get("subdirectory")
        fragment = f"#subdirectory={subdirectory}" if subdirectory else ""
        return f"{vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}{fragment}", False
    directory = data.get("dir_info")
    return url, isinstance(directory, dict) and directory.get("editable") is True


def _take(draft: Draft, one: Distribution, where: str, *, leads: bool) -> None:
    name = canonicalize_name(one.name)
    if one.direct.startswith("file:"):
        _local(draft, one, where)
    elif one.direct:
        take_line(draft, f"{one.name} @ {one.direct}", where)
    elif leads or name in TOOLS:
        take_line(draft, f"{one.name}=={one.version}", where)
    elif not _BY_TORCH.fullmatch(name):
        take_line(draft, f"{one.name}=={one.version}", where, constraint=True)


def _local(draft: Draft, one: Distribution, where: str) -> None:
    path = Path(one.direct.removeprefix("file://").partition("#")[0])
    root = draft.root.resolve()
    if path.is_dir() and (path.resolve() == root or root in path.resolve().parents):
        inner = relative(root, path.resolve())
        words = "." if inner == "." else f"./{inner}"
        take_line(draft, f"-e {words}" if one.editable else words, where)
    elif path.suffix == ".whl":
        # a folder of wheels is a place's own business; the version is what counts
        take_line(draft, f"{one.name}=={one.version}", where, note=text("adopt.note.wheel_folder"))
    else:
        draft.leave(f"{one.name} @ {brief(one.direct)}", where, text("adopt.left.outside"))


def _needed(found: list[Distribution]) -> set[str]:
    """Return the names that other distributions of the environment require, as far as markers hold here."""
    environment = {key: str(value) for key, value in default_environment().items()}
    names = set()
    for one in found:
        for words in one.requires:
            try:
                requirement = Pep508(words)
            except InvalidRequirement:
                continue
            name = canonicalize_name(requirement.name)
            if name != canonicalize_name(one.name) and _holds(requirement.marker, environment):
                names.add(str(name))
    return names


def _holds(marker: Marker | None, environment: dict[str, str]) -> bool:
    if marker is None:
        return True
    if "extra" in str(marker):
        return False
    try:
        return marker.evaluate(environment)
    except (InvalidMarker, KeyError, ValueError):
        return True


def _python(draft: Draft, folder: Path) -> None:
    try:
        content = read_bytes(folder / "pyvenv.cfg", "pyvenv.cfg").decode("utf-8", "replace")
    except Failure:
        return
    for number, line in enumerate(content.splitlines(), start=1):
        key, _, value = line.partition("=")
        if key.strip() in ("version", "version_info") and draft.python is None:
            version = ".".join(value.strip().split(".")[:3])
            draft.python = stated(version, f"{relative(draft.root, folder)}/pyvenv.cfg:{number}")


def _requested(history: Path) -> set[str]:
    """Return the names of all specs that conda's history says somebody asked for."""
    try:
        content = read_bytes(history, "history", limit=1 << 24).decode("utf-8", "replace")
    except Failure:
        return set()
    names: set[str] = set()
    for match in re.finditer(
        r"^# (update|install|create|remove|neutered)? ?specs: (.*)$", content, re.MULTILINE
    ):
        found = {
            name
            for one in re.findall(r"['\"]([^'\"]+)['\"]", match[2])
            if (name := re.split(r"[\s=<>!\[]", one.partition("::")[2] or one)[0])
        }
        names = names - found if match[1] == "remove" else names | found
    return names


def _line(path: Path) -> str:
    try:
        return read_bytes(path, path.name).decode("utf-8", "replace").strip()
    except Failure:
        return ""
