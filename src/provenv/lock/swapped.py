"""Wheels in this place's own folders that are not the ones that were locked under their names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model.lock import Artifact, Lock
from ..model.spec import Spec
from ..pipconf import PipConfiguration
from .sources import local_path, sources_of

CHUNK = 1 << 18


@dataclass(frozen=True)
class Swapped:
    """A file in a folder, the digest (sha256, hexadecimal) that the lock wants of it, and the one it has."""

    path: str
    wanted: str
    found: str


def swapped(
    lock: Lock,
    spec: Spec,
    *,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    since: int | None = None,
) -> Iterator[Swapped]:
    """Yield the files whose content is not what was locked.

    With `since` (ns) a file that is not younger and has the locked size is taken to be the locked one unread.
    """
    for link in sources_of(spec, pip, environment).find_links:
        folder = local_path(link)
        for package in lock.packages if folder is not None else ():
            for artifact in package.artifacts:
                found = _swapped(folder / artifact.filename, artifact, since) if folder else None
                if found is not None:
                    yield found


def _swapped(path: Path, artifact: Artifact, since: int | None) -> Swapped | None:
    wanted = artifact.hashes.get("sha256")
    try:
        entry = path.stat()
        same_size = artifact.size is None or entry.st_size == artifact.size
        if wanted is None or (since is not None and same_size and entry.st_mtime_ns <= since):
            return None
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError:
        return None  # not in this folder, or not to be read: uv says what it thinks of it
    found = digest.hexdigest()
    return Swapped(str(path), wanted, found) if found != wanted else None
