"""What of a lock is carried to a machine without a network, and the pages of an index over it. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from urllib.parse import quote

from ..errors import Failure, problem
from ..model.facts import Platform
from ..model.lock import Artifact, Lock, Package
from .platforms import machine_of
from .wheels import rank, tags

FILES = "files"
SIMPLE = "simple"
PYTHON = "python"
MANIFEST = "MANIFEST.json"
SCHEMA = 1


@dataclass(frozen=True)
class Wanted:
    """One file: the project it belongs to, where it goes in the folder, where it lies now, what it must be.

    `purpose` is `package`, `tool` (uv), `build` (what a source needs to be built) or `python`.
    """

    project: str
    version: str
    path: str
    urls: tuple[str, ...]
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    purpose: str = "package"


def wanted(lock: Lock, platform: Platform, purpose: str = "package") -> tuple[Wanted, ...]:
    """Return the file of each package that such a machine installs: its best wheel, else its source.

    Raises Failure PV366 for files that no sha256 protects: what a carrier did to them could not be told.
    """
    accepted = tags(lock.python, platform)
    found: list[Wanted] = []
    unprotected: list[str] = []
    for package in lock.packages:
        if package.origin not in ("index", "archive") or not package.artifacts:
            continue
        ranked = [(fits, one) for one in package.artifacts if (fits := rank(one.filename, accepted))]
        sources = [one for one in package.artifacts if not one.filename.endswith(".whl")]
        best = min(ranked, key=lambda one: one[0])[1] if ranked else (*sources, *package.artifacts)[0]
        if "sha256" not in best.hashes:
            unprotected.append(f"{package.name} {package.version}")
        found.append(_wanted(package, best, purpose))
    if unprotected:
        raise Failure(problem("PV366", names=", ".join(unprotected), n=len(unprotected)))
    return tuple(found)


def left_out(lock: Lock) -> tuple[str, ...]:
    """Return what of a lock has no file: the project's own folders (they travel with it) and repositories."""
    return tuple(
        f"{one.name} ({one.location})"
        for one in lock.packages
        if one.origin in ("directory", "vcs") or not one.artifacts
    )


def sources(files: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Return those that have to be built where they are installed."""
    return tuple(one for one in files if not one.path.endswith(".whl") and one.purpose != "python")


def again(files: Iterable[Wanted], found: Lock) -> tuple[Wanted, ...]:
    """Return the files with the addresses first that another look at this place's indexes gave, by sha256."""
    by_digest: dict[str, list[str]] = {}
    for package in found.packages:
        for one in package.artifacts:
            if one.url and "sha256" in one.hashes:
                by_digest.setdefault(one.hashes["sha256"], []).append(one.url)
    return tuple(
        replace(one, urls=tuple(dict.fromkeys([*by_digest.get(one.hashes["sha256"], ()), *one.urls])))
        for one in files
    )


def pages(files: Iterable[Wanted]) -> dict[str, str]:
    """Return the pages of a simple index (PEP 503) over the files, by their paths in the folder."""
    packages = sorted(
        (one for one in files if one.purpose != "python"), key=lambda one: (one.project, one.path)
    )
    made: dict[str, str] = {}
    names: list[str] = []
    for name, group in groupby(packages, key=lambda one: one.project):
        names.append(name)
        rows = [
            f'<a href="../../{quote(one.path)}#sha256={one.hashes["sha256"]}">'
            f"{html.escape(one.path.rpartition('/')[2])}</a><br>"
            for one in group
        ]
        made[f"{SIMPLE}/{name}/index.html"] = _page(name, rows)
    made[f"{SIMPLE}/index.html"] = _page(SIMPLE, [f'<a href="{name}/">{name}</a><br>' for name in names])
    return made


def manifest(lock: Lock, files: Sequence[Wanted], sizes: Mapping[str, int]) -> dict[str, object]:
    """Return what the folder holds, as JSON has it: for whom it was made, each file's size and digests."""
    return {
        "schema": SCHEMA,
        "target": lock.target,
        "python": lock.python,
        "platform": lock.platform,
        "lock": lock.identity,
        "uv": lock.uv,
        "left_out": list(left_out(lock)),
        "files": [
            {
                "path": one.path,
                "project": one.project,
                "version": one.version,
                "purpose": one.purpose,
                "size": sizes[one.path],
                "hashes": dict(sorted(one.hashes.items())),
            }
            for one in sorted(files, key=lambda one: one.path)
        ],
    }


def python_key(version: str, platform: Platform) -> str:
    """Return uv's name for the CPython build of a version and a platform, as `uv python list` takes it."""
    system = {"darwin": "macos"}.get(platform.system, platform.system)
    libc = {"musl": "musl"}.get(platform.libc, "gnu") if platform.system == "linux" else "none"
    return f"cpython-{version}-{system}-{machine_of(platform)}-{libc}"


def _wanted(package: Package, artifact: Artifact, purpose: str) -> Wanted:
    place = artifact.url or artifact.path or ""
    path = f"{FILES}/{artifact.filename}"
    return Wanted(package.name, package.version, path, (place,), artifact.hashes, artifact.size, purpose)


def _page(title: str, rows: Sequence[str]) -> str:
    version = '<meta name="pypi:repository-version" content="1.0">'
    head = f"<!DOCTYPE html>\n<html><head>{version}<title>{title}</title></head><body>"
    return "\n".join([head, *rows, "</body></html>\n"])
