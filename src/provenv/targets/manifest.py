"""Every file of a finished environment with its size and time, so that drift shows in milliseconds.

The contents' digests stand in each package's RECORD; the manifest only tells
which files are worth a second look. `link()` changes ctime, so ctime says
nothing; `__pycache__` is written by every import and is no drift.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..hosts.files import write_whole
from ..model.state import Drift

MANIFEST = "files.tsv"
RECORDS = "site-packages/*.dist-info/RECORD"
CHUNK = 1 << 20
UNWATCHED = ("__pycache__",)
# a new file matters where an import or an installer would see it; a library's own cache does not
MEANINGFUL = (".py", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".pth", "/RECORD", "/METADATA")


def write_manifest(generation: Path) -> tuple[int, int]:
    """Write the manifest of `generation/venv`; return the number of files and their bytes."""
    lines, total = [], 0
    for relative, entry in _files(generation / "venv"):
        lines.append(f"{entry.st_size}\t{entry.st_mtime_ns}\t{relative}\n")
        total += entry.st_size
    write_whole(
        generation / MANIFEST, "".join(sorted(lines, key=_path_of)).encode("utf-8", "surrogateescape")
    )
    return len(lines), total


def read_drift(generation: Path, *, deep: bool = False) -> Drift:
    """Return what differs from the manifest.

    A file of another size is changed; one of another time (every file, with
    `deep`) is compared with its digest in RECORD, where it has one.
    """
    venv = generation / "venv"
    then = _read_manifest(generation / MANIFEST)
    now = dict(_files(venv))
    suspects = []
    changed: list[str] = []
    for path in then.keys() & now.keys():
        size, time = then[path]
        if now[path].st_size != size:
            changed.append(path)
        elif deep or now[path].st_mtime_ns != time:
            suspects.append((path, now[path].st_mtime_ns != time))
    digests, owners = _records(venv) if suspects or changed or then.keys() != now.keys() else ({}, {})
    for path, touched in suspects:
        expected = digests.get(path)
        if expected is None:
            # nothing says what the content was: a new time is all that is known
            changed += [path] if touched else []
        elif _digest(venv / path) != expected:
            changed.append(path)
    missing = sorted(then.keys() - now.keys())
    extra = sorted(path for path in now.keys() - then.keys() if path.endswith(MEANINGFUL))
    named = {path: owners[path] for path in [*changed, *missing, *extra] if path in owners}
    total = sum(entry.st_size for entry in now.values())
    return Drift(tuple(sorted(changed)), tuple(missing), tuple(extra), named, len(now), total)


def _files(venv: Path) -> Iterator[tuple[str, os.stat_result]]:
    prefix = len(str(venv)) + 1
    for parent, folders, names in os.walk(venv, onerror=_raise):
        folders[:] = [name for name in folders if name not in UNWATCHED]
        for name in names:
            path = os.path.join(parent, name)
            yield path[prefix:].replace(os.sep, "/"), os.lstat(path)


def _raise(error: OSError) -> None:
    """Let nothing be left out: a folder that can't be read is no folder without files."""
    raise error


def _path_of(line: str) -> str:
    return line.split("\t", 2)[2]


def _read_manifest(path: Path) -> dict[str, tuple[int, int]]:
    entries: dict[str, tuple[int, int]] = {}
    for line in path.read_bytes().decode("utf-8", "surrogateescape").split("\n")[:-1]:
        size, time, name = line.split("\t", 2)
        entries[name] = (int(size), int(time))
    return entries


def _records(venv: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return each file's sha256 and each file's package, as the RECORDs tell (PEP 376, PEP 427)."""
    digests: dict[str, str] = {}
    owners: dict[str, str] = {}
    for record in [*venv.glob(f"lib/python*/{RECORDS}"), *venv.glob(f"Lib/{RECORDS}")]:
        site = record.parent.parent
        package = record.parent.name.split("-")[0]
        with record.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            for row in csv.reader(file):
                path = os.path.relpath(os.path.normpath(site / row[0]), venv).replace(os.sep, "/")
                owners[path] = package
                if len(row) > 1 and row[1].startswith("sha256="):
                    digests[path] = row[1][len("sha256=") :]
    return digests, owners


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
