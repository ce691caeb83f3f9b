"""What an environment's packages recorded of their own files, and which files are not what they recorded.

RECORD: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .tree import Tree

INFO = ".dist-info"
ALGORITHMS = {"sha256", "sha384", "sha512"}
"""What a RECORD may say a digest in, as the wheel's specification has it (sha256 or better)."""


@dataclass(frozen=True)
class Records:
    """All RECORDs of an environment: each file's owners, its digests (sha256), those by another algorithm.

    `unreadable` are packages whose RECORD is not there or says nothing that can be read.
    """

    owners: Mapping[str, tuple[str, ...]]
    digests: Mapping[str, set[str]]
    others: Mapping[str, set[str]]
    unreadable: tuple[str, ...]


@dataclass(frozen=True)
class Wrong:
    """A package whose files are not what it recorded; the files' paths from the environment's root."""

    package: str
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unrecorded: bool = False


def recorded(venv: Path) -> Records:
    """Read the RECORDs of all packages in an environment."""
    owners: dict[str, tuple[str, ...]] = {}
    digests: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    unreadable = []
    for site in _sites(venv):
        prefix = f"{os.path.relpath(site, venv).replace(os.sep, '/')}/"
        for info in sorted(site.glob(f"*{INFO}")):
            name = normalised(info.name.split("-")[0])
            rows = _rows(info / "RECORD")
            if not rows:
                unreadable.append(name)
            for row in rows:
                path = _path(prefix, row[0])
                owners[path] = (*owners.get(path, ()), name)
                algorithm, _, digest = row[1].partition("=")
                if algorithm == "sha256":
                    digests.setdefault(path, set()).add(digest)
                elif algorithm in ALGORITHMS:
                    others.setdefault(path, set()).add(row[1])
    return Records(owners, digests, others, tuple(unreadable))


def wrong(venv: Path, tree: Tree, records: Records) -> tuple[Wrong, ...]:
    """Return the packages whose files, as they were read, are not what is recorded; by name.

    A file that several packages wrote is right where one of them recorded it so.
    """
    changed: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for path, names in records.owners.items():
        seen = tree.get(path)
        if seen is None:
            found = missing if not _unwatched(path) else {}
        elif _is_recorded(venv / path, seen.digest, records.digests.get(path), records.others.get(path)):
            continue
        else:
            found = changed
        for name in names:
            found.setdefault(name, []).append(path)
    return tuple(
        Wrong(
            name, _sorted(changed.get(name, ())), _sorted(missing.get(name, ())), name in records.unreadable
        )
        for name in sorted({*changed, *missing, *records.unreadable})
    )


def normalised(name: str) -> str:
    """Return a package's name in its one form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_recorded(path: Path, digest: str, known: set[str] | None, others: set[str] | None) -> bool:
    if known is not None and digest in known:
        return True
    if others is None or digest.startswith("!"):
        return known is None and not digest.startswith("!")
    content = path.read_bytes()
    return any(one == f"{kind}={_coded(kind, content)}" for one in others for kind in [one.partition("=")[0]])


def _coded(algorithm: str, content: bytes) -> str:
    digest = hashlib.new(algorithm, content).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _sites(venv: Path) -> list[Path]:
    """Return the folders of packages: `lib/python3.X/site-packages`, on Windows `Lib/site-packages`."""
    found = [*venv.glob("lib/python*/site-packages"), *venv.glob("Lib/site-packages")]
    return [one for place, one in enumerate(found) if not any(one.samefile(other) for other in found[:place])]


def _rows(record: Path) -> list[list[str]]:
    """Return the rows of a RECORD; none where it cannot be read or a row is torn."""
    try:
        content = record.read_text(encoding="utf-8", errors="surrogateescape")
        rows = [row for row in csv.reader(io.StringIO(content, newline="")) if row]
    except (OSError, csv.Error):
        return []
    return rows if all(len(row) == 3 and row[0] for row in rows) else []


def _path(prefix: str, name: str) -> str:
    """Return a row's path from the environment's root."""
    if ".." not in name and "//" not in name and "./" not in name:
        return prefix + name
    return os.path.normpath(prefix + name).replace(os.sep, "/")


def _unwatched(path: str) -> bool:
    return path.endswith(".pyc")


def _sorted(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(paths))
