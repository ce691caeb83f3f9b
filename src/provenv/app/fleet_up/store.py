"""Files by their sha256, here as on the hosts: `files/<sha256>/<name>` in the cache of one user."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ... import environ
from ...hosts.fetch import sha256_of

FILES = "files"


@dataclass(frozen=True)
class File:
    """One file that a host shall have: its sha256, its name, where it lies here, its size in bytes.

    `unpacked` are the bytes of what a wheel holds.
    """

    digest: str
    name: str
    path: Path
    size: int
    executable: bool = False
    unpacked: int = 0

    @property
    def there(self) -> str:
        """Return where it lies in the cache of a host."""
        return f"{FILES}/{self.digest}/{self.name}"


def cache_of(environment: Mapping[str, str]) -> Path:
    """Return the folder of what all projects of this user share here."""
    if sys.platform == "win32":
        local = environ.read(environ.LOCALAPPDATA, environment) or os.path.expanduser("~")
        return Path(local) / "provenv" / "cache"
    caches = environ.read(environ.XDG_CACHE_HOME, environment)
    return Path(caches or environ.read(environ.HOME, environment) or os.path.expanduser("~"), *_below(caches))


def file_of(path: Path, *, digest: str | None = None, executable: bool = False) -> File:
    """Return a file that lies here; its digest is taken where none is known. Raises OSError."""
    size = path.stat().st_size
    found = digest or sha256_of(path)
    return File(found, path.name, path, size, executable, _unpacked(path) if path.suffix == ".whl" else 0)


def _below(caches: str | None) -> tuple[str, ...]:
    return ("provenv",) if caches else (".cache", "provenv")


def _unpacked(wheel: Path) -> int:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return sum(one.file_size for one in archive.infolist())
    except zipfile.BadZipFile:
        return 0
