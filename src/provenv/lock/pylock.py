"""A lock as a file and back: PEP 751 `pylock.toml`, with what only provenv knows under `[tool.provenv]`."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from packaging.utils import canonicalize_name

from ..errors import Failure, Hint, Place, Problem, problem, text, verbatim
from ..model.codec import from_json, to_json
from ..model.lock import Artifact, Choice, Lock, Package
from ..pipconf import redact
from ..toml_library import tomllib
from . import toml

SCHEMA = 1
HERE = "here"
LIMIT = 64 << 20


def filename(target: str) -> str:
    """Return the name of a target's lock file; PEP 751 allows no dots within the name."""
    return "pylock.toml" if target == HERE else f"pylock.{re.sub(r'[^A-Za-z0-9_-]+', '-', target)}.toml"


def identity(packages: Iterable[Package]) -> str:
    """Return a sha256 over names, versions, markers and hashes; never over URLs, which are a place's own.

    What has no hash (a folder, a repository) counts with its location.
    """
    entries = []
    for package in packages:
        hashes = sorted(f"{name}:{value}" for one in package.artifacts for name, value in one.hashes.items())
        location = "" if package.origin in ("index", "archive") and hashes else redact(package.location or "")
        entries.append("\0".join([package.name, package.version, package.marker or "", location, *hashes]))
    return hashlib.sha256("\n".join(sorted(entries)).encode()).hexdigest()


def write(lock: Lock) -> str:
    """Return the lock as the text of a `pylock.toml`: the same bytes for the same lock, no credentials."""
    parts = [
        "# made by provenv; change the declared file and run `provenv lock` instead of editing",
        "\n".join(
            toml.lines(
                {
                    "lock-version": "1.0",
                    "created-by": "provenv",
                    "requires-python": _requires(lock.python),
                }
            )
        ),
    ]
    if not lock.packages:
        parts[0] += "\npackages = []"
    parts += [
        "\n".join(["[[packages]]", *toml.lines(_entry(one))]) for one in sorted(lock.packages, key=_order)
    ]
    own = {
        "schema": SCHEMA,
        "target": lock.target,
        "python": lock.python,
        "platform": lock.platform,
        "uv": lock.uv,
        "identity": lock.identity,
        "inputs": dict(sorted(lock.inputs.items())),
        "choices": [_clean(to_json(one)) for one in lock.choices],
        "findings": [_clean(to_json(one)) for one in lock.findings],
    }
    parts.append("\n".join(["[tool.provenv]", *toml.lines(own)]))
    return "\n\n".join(parts) + "\n"


def _requires(python: str) -> str | None:
    """Return the specifier of a minor version or of one release; preferences (see `pins`) have none."""
    if not python:
        return None
    return f"=={python}.*" if python.count(".") == 1 else f"=={python}"


def read(content: str, file: str) -> Lock:
    """Return the lock that a `pylock.toml` holds, also one that another tool has made.

    Raises Failure PV330-PV333 with `file` and, where it is known, the line.
    """
    data = parse(content, file)
    tool = data.get("tool", {})
    own = tool.get("provenv", {}) if isinstance(tool, dict) else tool
    if not isinstance(own, dict) or not isinstance(own.get("schema", SCHEMA), int):
        hint = Hint(text("PV332.hint"), "provenv lock")
        raise Failure(
            problem("PV332", where=Place(file), file=file, why=text("lock.tool_table"), hints=(hint,))
        )
    if own.get("schema", SCHEMA) > SCHEMA:
        hint = Hint(text("PV331.hint"), "uv tool upgrade provenv")
        raise Failure(
            problem("PV331", where=Place(file), file=file, version=str(own["schema"]), hints=(hint,))
        )
    try:
        packages = tuple(package_of(entry) for entry in data.get("packages", []))
        return Lock(
            target=str(own.get("target", HERE)),
            python=str(own.get("python") or _python(str(data.get("requires-python", "")))),
            platform=str(own.get("platform", "")),
            packages=packages,
            choices=from_json(tuple[Choice, ...], own.get("choices", [])),
            identity=identity(packages),
            inputs={str(key): str(value) for key, value in own.get("inputs", {}).items()},
            findings=from_json(tuple[Problem, ...], own.get("findings", [])),
            uv=str(own.get("uv", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = verbatim(f"{type(error).__name__}: {error}")
        hint = Hint(text("PV332.hint"), "provenv lock")
        raise Failure(problem("PV332", where=Place(file), file=file, why=why, hints=(hint,))) from error


def parse(content: str, file: str) -> dict[str, Any]:
    """Return a `pylock.toml` as TOML has it. Raises Failure PV330, PV331, PV333 (see `read`)."""
    if len(content) > LIMIT:
        raise Failure(problem("PV333", where=Place(file), file=file, limit=LIMIT >> 20))
    try:
        data: dict[str, Any] = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise Failure(_malformed(content, file, error)) from error
    version = str(data.get("lock-version", ""))
    if version.partition(".")[0] != "1":
        raise Failure(problem("PV331", where=Place(file), file=file, version=version or "?"))
    return data


def _malformed(content: str, file: str, error: Exception) -> Problem:
    match = re.search(r"line (\d+), column (\d+)", str(error))
    line, column = (int(match[1]), int(match[2])) if match else (None, None)
    rows = content.splitlines()
    source = rows[line - 1] if line is not None and line <= len(rows) else None
    hint = Hint(text("PV330.hint"), "provenv lock")
    return problem(
        "PV330", where=Place(file, line, column, source), file=file, why=verbatim(str(error)), hints=(hint,)
    )


def _order(package: Package) -> tuple[str, str, str]:
    return package.name, package.version, package.marker or ""


def _entry(package: Package) -> dict[str, object]:
    """Return a package as PEP 751 writes it."""
    entry: dict[str, object] = {"name": package.name}
    if package.version and package.origin != "directory":
        entry["version"] = package.version
    entry["marker"] = package.marker
    location = redact(package.location or "")
    if package.origin == "directory":
        entry["directory"] = {"path": location, "editable": package.editable or None}
    elif package.origin == "vcs":
        entry["vcs"] = _vcs(location)
    elif package.origin == "archive":
        place = {"url": location} if "://" in location else {"path": location}
        only = package.artifacts[0] if package.artifacts else Artifact("")
        entry["archive"] = {**place, "size": only.size, "hashes": dict(only.hashes)}
    else:
        sdists = [one for one in package.artifacts if not one.filename.endswith(".whl")]
        wheels = [one for one in package.artifacts if one.filename.endswith(".whl")]
        entry["sdist"] = _artifact(sdists[0]) if sdists else None
        entry["wheels"] = [_artifact(one) for one in sorted(wheels, key=lambda one: one.filename)] or None
    own: dict[str, object] = {}
    if package.origin == "directory" and package.version:
        own["version"] = package.version
    if package.required_by:
        own["required-by"] = list(package.required_by)
    entry["tool"] = {"provenv": own} if own else None
    return entry


def _artifact(artifact: Artifact) -> dict[str, object]:
    return {
        "name": artifact.filename,
        "url": redact(artifact.url) if artifact.url else None,
        "path": artifact.path,
        "size": artifact.size,
        "hashes": dict(sorted(artifact.hashes.items())),
    }


def _vcs(location: str) -> dict[str, object]:
    """Return `git+https://host/repository@COMMIT#subdirectory=x` in its parts."""
    whole, _, fragment = location.partition("#")
    kind, _, rest = whole.partition("+")
    url, _, commit = rest.rpartition("@")
    subdirectory = fragment.removeprefix("subdirectory=") if fragment else None
    return {"type": kind, "url": url, "commit-id": commit, "subdirectory": subdirectory}


def package_of(entry: Mapping[str, Any]) -> Package:
    """Return one entry of `packages`. Raises KeyError or TypeError where it is not as PEP 751 has it."""
    own = entry.get("tool", {}).get("provenv", {})
    common: dict[str, Any] = {
        "name": canonicalize_name(str(entry["name"])),
        "version": str(entry.get("version") or own.get("version", "")),
        "marker": entry.get("marker"),
        "required_by": tuple(map(str, own.get("required-by", ()))),
    }
    if "directory" in entry:
        place = entry["directory"]
        return Package(
            **common, origin="directory", location=str(place["path"]), editable=bool(place.get("editable"))
        )
    if "vcs" in entry:
        place = entry["vcs"]
        fragment = f"#subdirectory={place['subdirectory']}" if place.get("subdirectory") else ""
        location = f"{place['type']}+{place.get('url') or place['path']}@{place['commit-id']}{fragment}"
        return Package(**common, origin="vcs", location=location)
    if "archive" in entry:
        only = _read_artifact(entry["archive"])
        return Package(**common, origin="archive", location=only.url or only.path, artifacts=(only,))
    files = [*entry.get("wheels", ()), *([entry["sdist"]] if "sdist" in entry else [])]
    return Package(**common, artifacts=tuple(map(_read_artifact, files)))


def _read_artifact(entry: Mapping[str, Any]) -> Artifact:
    place = str(entry.get("url") or entry["path"])
    return Artifact(
        filename=str(entry.get("name") or filename_of(place)),
        url=entry.get("url"),
        path=entry.get("path"),
        size=entry.get("size"),
        hashes={str(key): str(value) for key, value in entry.get("hashes", {}).items()},
    )


def located(package: Package, folder: Path, root: Path) -> Package:
    """Return the package with its paths relative to `root` rather than to `folder`."""

    def near(place: str) -> str:
        whole = Path(os.path.normpath(folder / place))
        return whole.relative_to(root).as_posix() or "." if whole.is_relative_to(root) else whole.as_posix()

    artifacts = tuple(replace(one, path=near(one.path)) if one.path else one for one in package.artifacts)
    location = package.location
    if location and package.origin in ("directory", "archive") and "://" not in location:
        location = near(location)
    return replace(package, artifacts=artifacts, location=location)


def filename_of(place: str) -> str:
    """Return the file name at the end of an address or path."""
    return PurePath(re.split(r"[?#]", place)[0].replace("%2B", "+").replace("%2b", "+")).name


def _python(requires: str) -> str:
    """Return the Python that another tool's lock was made for: the lowest that it names."""
    match = re.search(r"\d+\.\d+(\.\d+)?", requires)
    return match[0] if match else ""


def _clean(value: Any) -> Any:
    """Return what TOML can hold: without None and empty lists, without credentials."""
    if isinstance(value, dict):
        return {name: _clean(entry) for name, entry in value.items() if entry not in (None, [], {})}
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    return redact(value) if isinstance(value, str) else value
