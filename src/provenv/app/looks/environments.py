"""The environments that the project has or the shell has switched to, read from their files alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ... import environ
from ...diagnosis.ground import Ground
from ...model.environment import Environment, EnvironmentKind, Installed
from ...targets.layout import python_of
from ...targets.recorded import INFO, normalised
from ...targets.records import read_state
from ..project import Project

HEADERS = 1 << 17
"""Bytes of a METADATA that are read: its headers stand first."""
EGG = ".egg-info"
IMPORTED = re.compile(
    rb'^"?([A-Za-z_]\w*)(?:/__init__\.pyi?|\.py|\.(?:cpython|abi3|cp\d)[^/,\n]*\.(?:so|pyd)|\.so|\.pyd)"?,',
    re.M,
)
LIBRARY = re.compile(
    rb"^\"?([^,\n]*/)?(lib(?:gomp|omp|iomp5|cudart|cudnn|cublas|nvJitLink|nccl|stdc\+\+|nvrtc|cusparse|cusolver|cufft)"
    rb"[^/,\n]*\.(?:so|dll|dylib)[^/,\n\"]*)",
    re.M,
)


def look(project: Project) -> Ground:
    """Return the environments, the project's own first."""
    found: dict[str, Environment] = {}
    for path, kind in _places(project):
        real = os.path.realpath(path)
        if real not in found and path.is_dir():
            found[real] = read(path, kind)
    return Ground(environments=tuple(found.values()))


def _places(project: Project) -> Iterator[tuple[Path, EnvironmentKind]]:
    state = read_state(project.layout)
    newest = max((one.number for one in state.generations), default=None)
    number = newest if state.current is None else state.current
    if number is not None:
        yield project.layout.venv(number), "generation"
    for name in (".venv", "venv"):
        if (project.root / name / "pyvenv.cfg").is_file():
            yield project.root / name, "project"
    for variable in environ.SET_ASIDE:
        value = environ.read(variable, project.environment)
        if value and variable.name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            yield Path(value), "active" if variable.name == "VIRTUAL_ENV" else "conda"


def read(path: Path, kind: EnvironmentKind) -> Environment:
    """Return what an environment's files say."""
    settings = _settings(path / "pyvenv.cfg")
    interpreter = python_of(path)
    home = settings.get("home", "")
    sites = _sites(path)
    installed: list[Installed] = []
    torn: list[str] = []
    leftovers: list[str] = []
    libraries: set[str] = set()
    for site in sites:
        prefix = os.path.relpath(site, path)
        for entry in sorted(os.scandir(site), key=lambda one: one.name):
            if entry.name.startswith("~"):
                leftovers.append(f"{prefix}/{entry.name}")
            elif entry.name.endswith((INFO, EGG)):
                one = _installed(Path(entry.path))
                if one is None:
                    torn.append(f"{prefix}/{entry.name}")
                else:
                    installed.append(one)
                    libraries |= _libraries(Path(entry.path, "RECORD"), prefix)
    libraries |= _own_libraries(path)
    return Environment(
        str(path),
        kind,
        settings.get("version_info") or settings.get("version") or _version(sites),
        home,
        not home or os.path.isdir(home),
        str(interpreter),
        _leads_to(interpreter),
        os.path.exists(interpreter),
        settings.get("include-system-site-packages") == "true",
        tuple(installed),
        tuple(torn),
        tuple(leftovers),
        tuple(sorted(libraries)),
        _conda(path / "conda-meta"),
    )


def _settings(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _sites(path: Path) -> list[Path]:
    found = [*sorted(path.glob("lib/python*/site-packages")), *path.glob("Lib/site-packages")]
    return [one for one in found if one.is_dir()]


def _version(sites: list[Path]) -> str:
    match = re.search(r"python(\d+\.\d+)", str(sites[0])) if sites else None
    return match[1] if match else ""


def _leads_to(interpreter: Path) -> str:
    """Return what the first link on the way to the interpreter names, empty where it is a file of its own."""
    try:
        return os.readlink(interpreter)
    except OSError:
        return ""


def _installed(info: Path) -> Installed | None:
    """Return a distribution by its metadata; None where it has none that can be read."""
    headers = (
        _headers(info / "METADATA")
        or _headers(info / "PKG-INFO")
        or (_headers(info) if info.is_file() else {})
    )
    name, version = headers.get("name", [""])[0], headers.get("version", [""])[0]
    if not name or not version:
        return None
    return Installed(
        normalised(name),
        version,
        info.name,
        tuple(headers.get("requires-dist", ())),
        headers.get("requires-python", [""])[0],
        _line(info / "INSTALLER"),
        _imports(info),
    )


def _headers(file: Path) -> Mapping[str, list[str]]:
    """Return the headers of a METADATA (PEP 566), without those that go on over several lines."""
    found: dict[str, list[str]] = {}
    try:
        with file.open("rb") as opened:
            content = opened.read(HEADERS)
    except OSError:
        return found
    head = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    for line in head.split("\n"):
        key, colon, value = line.partition(":")
        if colon and not line[:1].isspace():
            found.setdefault(key.strip().lower(), []).append(value.strip())
    return found


def _line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")[:100].strip()
    except OSError:
        return ""


def _imports(info: Path) -> tuple[str, ...]:
    try:
        record = (info / "RECORD").read_bytes()
    except OSError:
        record = b""
    names = {match.decode() for match in IMPORTED.findall(record)}
    if not names:
        names = {one for one in _line(info / "top_level.txt").split() if one.isidentifier()}
    return tuple(sorted(names))


def _libraries(record: Path, prefix: str) -> set[str]:
    try:
        content = record.read_bytes()
    except OSError:
        return set()
    found = (match.group(1, 2) for match in LIBRARY.finditer(content))
    return {f"{prefix}/{((folder or b'') + name).decode('utf-8', 'replace')}" for folder, name in found}


def _own_libraries(path: Path) -> set[str]:
    """Return the watched libraries that lie in the environment's own `lib`, as conda puts them."""
    if not (path / "conda-meta").is_dir():
        return set()
    with os.scandir(path / "lib") as entries:
        names = [entry.name for entry in entries]
    return {f"lib/{name}" for name in names if LIBRARY.match(name.encode("utf-8", "surrogateescape") + b",")}


def _conda(folder: Path) -> dict[str, str]:
    """Return what conda installed here, by the names of its records (`numpy-1.26.4-py311h64a7726_0.json`)."""
    try:
        names = os.listdir(folder)
    except OSError:
        return {}
    parts = (name.removesuffix(".json").rsplit("-", 2) for name in names if name.endswith(".json"))
    return {normalised(part[0]): part[1] for part in parts if len(part) == 3}
