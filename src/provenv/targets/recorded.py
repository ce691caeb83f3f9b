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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .tree import Tree

INFO = ".dist-info"
ALGORITHMS = {"sha256", "sha384", "sha512"}
"""What a RECORD may say a digest in, as the wheel's specification has it (sha256 or better)."""
NONE: frozenset[str] = frozenset()
CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib", ".pth")
OF_THE_ENVIRONMENT = ("/_virtualenv.py", "/_virtualenv.pth")
"""What makers of virtual environments put among the packages themselves."""
INSTALLED = tuple(
    f"{INFO}/{name}"
    for name in ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
)
"""What an installer adds to a package and its RECORD."""


@dataclass(frozen=True)
class Records:
    """All RECORDs of an environment: each file's owners, its digests (sha256), those by another algorithm.

    `unreadable` are packages whose RECORD is not there or says nothing that can be read; `sums` are the
    digests of what each package's RECORD says of the files that the package itself brought.
    """

    owners: Mapping[str, tuple[str, ...]]
    digests: Mapping[str, set[str]]
    others: Mapping[str, set[str]]
    unreadable: tuple[str, ...]
    sums: Mapping[str, str]


@dataclass(frozen=True)
class Wrong:
    """A package whose files are not what it recorded; the files' paths from the environment's root.

    `extra` is code that lies in the package's folders and that no package recorded, `unrecorded` says that
    its RECORD cannot be read, `other` that its RECORD is not the one that was proven for the same artifact.
    """

    package: str
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    unrecorded: bool = False
    other: bool = False

    @property
    def certain(self) -> bool:
        """Return whether the package contradicts itself, however it came here."""
        return bool(self.changed or self.missing or self.unrecorded)


def recorded(venv: Path) -> Records:
    """Read the RECORDs of all packages in an environment."""
    owners: dict[str, tuple[str, ...]] = {}
    digests: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    unreadable: list[str] = []
    sums: dict[str, str] = {}
    for site in sites(venv):
        prefix = f"{os.path.relpath(site, venv).replace(os.sep, '/')}/"
        for info in sorted(site.glob(f"*{INFO}")):
            name = normalised(info.name.split("-")[0])
            rows = _rows(info / "RECORD")
            if not rows:
                unreadable.append(name)
            sums[name] = _sum(rows)
            for row in rows:
                path = _path(prefix, row[0])
                owners[path] = (*owners.get(path, ()), name)
                algorithm, _, digest = row[1].partition("=")
                if algorithm == "sha256":
                    digests.setdefault(path, set()).add(digest)
                elif algorithm in ALGORITHMS:
                    others.setdefault(path, set()).add(row[1])
    return Records(owners, digests, others, tuple(unreadable), sums)


def wrong(venv: Path, tree: Tree, records: Records, proven: Mapping[str, str]) -> tuple[Wrong, ...]:
    """Return the packages whose files, as they were read, are not what is recorded; by name.

    A file that several packages wrote is right where one of them recorded it so. `proven` are the sums
    that RECORDs of the same artifacts had in a proven environment.
    """
    changed: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    extra: dict[str, list[str]] = {}
    for path, names in records.owners.items():
        seen = tree.get(path)
        if seen is None:
            found = missing if not path.endswith(".pyc") else {}
        elif seen.digest in records.digests.get(path, NONE) or _is_recorded(venv, path, seen.digest, records):
            continue
        else:
            found = changed
        for name in names:
            found.setdefault(name, []).append(path)
    for path in strays(tree, records):
        extra.setdefault(_holder(path, records), []).append(path)
    other = {name for name, known in proven.items() if records.sums.get(name, known) != known}
    return tuple(
        Wrong(
            name,
            tuple(sorted(changed.get(name, ()))),
            tuple(sorted(missing.get(name, ()))),
            tuple(sorted(extra.get(name, ()))),
            name in records.unreadable,
            name in other,
        )
        for name in sorted({*changed, *missing, *extra, *records.unreadable, *other})
    )


def strays(tree: Tree, records: Records) -> list[str]:
    """Return the code among the packages that no package recorded."""
    return [
        path
        for path in tree.keys() - records.owners.keys()
        if path.endswith(CODE) and "/site-packages/" in path and not path.endswith(OF_THE_ENVIRONMENT)
    ]


def _holder(path: str, records: Records) -> str:
    """Return the package whose folder a stray lies in; empty where it lies in none."""
    inside = path.partition("/site-packages/")[2]
    top, slash, _ = inside.partition("/")
    if not slash:
        return ""
    near = f"/site-packages/{top}/"
    return next((names[0] for owned, names in records.owners.items() if near in owned), "")


def _sum(rows: Iterable[Sequence[str]]) -> str:
    """Return the digest of a RECORD's rows, without those that installers write."""
    said = sorted(
        f"{row[0]}\t{row[1]}\n"
        for row in rows
        if row[1] and not row[0].endswith(INSTALLED) and not row[0].startswith("..")
    )
    return hashlib.sha256("".join(said).encode("utf-8", "surrogateescape")).hexdigest()


def normalised(name: str) -> str:
    """Return a package's name in its one form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_recorded(venv: Path, path: str, digest: str, records: Records) -> bool:
    """Tell whether nothing was recorded of a file, or another kind of digest that it has."""
    others = records.others.get(path)
    if others is None or digest.startswith("!"):
        return path not in records.digests and not digest.startswith("!")
    content = (venv / path).read_bytes()
    return any(one == f"{kind}={_coded(kind, content)}" for one in others for kind in [one.partition("=")[0]])


def _coded(algorithm: str, content: bytes) -> str:
    digest = hashlib.new(algorithm, content).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def sites(venv: Path) -> list[Path]:
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
