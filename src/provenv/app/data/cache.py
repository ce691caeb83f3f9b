"""Fetched data, shared by all of a user's projects: one folder for each content, there whole or not at all.

sha256/KEY/{content/..., manifest.json}    renamed into place when complete
partial/SHA256/NAME[.part]                 what was fetched so far
making/KEY                                 being unpacked, by whoever holds locks/KEY
seen/KEY.json                              digests of files that lie elsewhere, by size, time and inode
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from ... import environ
from ...errors import text
from ...hosts.files import sync_folder, write_whole
from ...hosts.trees import scan
from ...model.data import DataFile, DataSet
from ...model.progress import Progress
from ...targets.held import hold, open_held
from ...targets.remove import discard
from ..project import Project

MANIFEST = "manifest.json"
CONTENT = "content"
LONGEST = 80
"""Characters of a name that are kept."""


def cache_of(project: Project) -> Cache:
    """Return the user's cache of data: below PROVENV_CACHE_DIR, else where the platform keeps caches."""
    environment = project.environment
    said = environ.read(environ.PROVENV_CACHE, environment)
    if said:
        return Cache(Path(said) / "data")
    if sys.platform == "win32":
        local = environ.read(environ.LOCALAPPDATA, environment) or os.path.expanduser("~")
        return Cache(Path(local, "provenv", "cache", "data"))
    home = environ.read(environ.HOME, environment) or os.path.expanduser("~")
    caches = environ.read(environ.XDG_CACHE_HOME, environment) or os.path.join(home, ".cache")
    return Cache(Path(caches, "provenv", "data"))


@dataclass(frozen=True)
class Cache:
    """The cache's folder and what lies where in it."""

    root: Path

    def entry(self, key: str) -> Path:
        """Return the folder of one content."""
        return self.root / "sha256" / key

    def making(self, key: str) -> Path:
        """Return the folder in which it is made, by one process at a time."""
        return self.root / "making" / key

    def partial(self, sha256: str, name: str) -> Path:
        """Return where a file is fetched to."""
        return self.root / "partial" / sha256 / name

    def seen(self, key: str) -> Path:
        """Return where the digests of files outside of the cache are remembered."""
        return (
            self.root / "seen" / f"{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}.json"
        )

    def manifest(self, key: str) -> dict[str, DataFile] | None:
        """Return what an entry held when it was made, by path; None where there is none."""
        return read_files(self.entry(key) / MANIFEST)

    def changed(self, key: str, *, deep: bool = False) -> tuple[str, ...]:
        """Return the files of an entry that are not as they were made; `deep` reads all of them again."""
        then = self.manifest(key) or {}
        now = {one.path: one for one in scan(self.entry(key) / CONTENT, {} if deep else then)}
        differ = {path for path in then.keys() | now.keys() if _sum(then, path) != _sum(now, path)}
        if not differ and now != then:
            # a copied cache has other times: what was read again need not be so next time
            with suppress(OSError):
                write_files(self.entry(key) / MANIFEST, now)
        return tuple(sorted(differ))

    @contextmanager
    def held(self, key: str, name: str, progress: Progress) -> Iterator[None]:
        """Hold one content against all other processes for the block."""
        path = self.root / "locks" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = open_held(path)
        try:
            with suppress(OSError):  # no locks on this file system
                if not hold(handle, wait=False):
                    progress.note(text("app.data.waiting", name=name))
                    hold(handle, wait=True)
            yield
        finally:
            os.close(handle)

    def keep(self, key: str) -> dict[str, DataFile]:
        """Put what was made in its place, with its manifest; return that. The caller holds it."""
        made = self.making(key)
        files = {one.path: one for one in scan(made / CONTENT, {})}
        if sys.platform != "win32":
            # an archive's files were not written durably one by one
            os.sync()
        write_files(made / MANIFEST, files)
        goal = self.entry(key)
        goal.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(made, goal)
        except OSError:
            # where nothing can be held, another process may have been as fast
            if self.manifest(key) is None:
                raise
            discard(made)
        sync_folder(goal.parent)
        return files

    def begin(self, key: str) -> Path:
        """Return an empty folder for a content that is to be made; what a kill left there goes first."""
        made = self.making(key)
        if made.exists():
            discard(made)
        content = made / CONTENT
        content.mkdir(parents=True)
        return content


def key_of(one: DataSet) -> str:
    """Return under which name the cache has a declared set."""
    if one.source == "huggingface":
        lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(one.files.items()))
        return f"{hashlib.sha256(lines.encode()).hexdigest()}-files"
    return f"{one.sha256}-tree" if one.unpack else f"{one.sha256}-{name_of(one.origin)}"


def name_of(address: str) -> str:
    """Return the name that a file gets, by its address."""
    last = address.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.+-]+", "_", last).strip(".")[-LONGEST:] or "data"


def read_files(path: Path) -> dict[str, DataFile] | None:
    """Return the files that were written down, by path; None where that can't be read."""
    try:
        rows = json.loads(path.read_bytes())["files"]
        return {row[0]: DataFile(*row) for row in rows}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def write_files(path: Path, files: Mapping[str, DataFile]) -> None:
    """Write files down, whole. Raises OSError."""
    rows = [astuple(files[name]) for name in sorted(files)]
    write_whole(path, json.dumps({"schema": 1, "files": rows}, separators=(",", ":")).encode())


def _sum(files: Mapping[str, DataFile], path: str) -> str:
    one = files.get(path)
    return one.sha256 if one is not None else ""
