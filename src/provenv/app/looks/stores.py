"""The caches: who owns them, what file system they lie on, what in them is broken."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from typing import Literal

from ... import environ
from ... import lock as lock_room
from ...diagnosis.ground import Ground
from ...errors import Failure
from ...model.outside import Leftover, Store, Stores
from ..project import Project
from . import hub
from .accounts import owner_of, user_name
from .archives import poisoned
from .known import Known, known

RUNNING = 600.0
"""Seconds without a change, after which nobody is fetching a file any more."""
POINTER = b"version https://git-lfs.github.com/spec/"
SMALL = 1024
ENTRIES = 2000
"""How many entries of a cache are asked for their owner at most."""

Name = Literal["uv", "pip", "huggingface", "torch"]


def look(project: Project) -> Ground:
    """Return the caches that this project uses, and what is broken in them."""
    variables, about = project.environment, known(project)
    stores = tuple(_store(name, path, project) for name, path in _folders(project, about))
    leftovers, pointers = _hub(hub.cache_of(variables)) if about.hub else ((), ())
    archives = os.path.join(project.caches()[0], "archive-v0")
    return Ground(
        stores=Stores(
            stores,
            leftovers,
            pointers,
            poisoned(archives, _wheels(about)),
            user_name(),
            _uv(variables),
        )
    )


def _uv(variables: Mapping[str, str]) -> str:
    """Return how uv is called here: by its name where it is on PATH."""
    if shutil.which("uv", path=variables.get("PATH")):
        return "uv"
    try:
        return lock_room.find_uv(variables)
    except Failure:
        return "uv"


def _wheels(about: Known) -> dict[str, str]:
    """Return the packages of the lock that come as wheels, each with its version."""
    if about.lock is None:
        return {}
    return {
        one.name: one.version
        for one in about.lock.packages
        if any(file.filename.endswith(".whl") for file in one.artifacts)
    }


def _folders(project: Project, about: Known) -> Iterator[tuple[Name, str]]:
    variables = project.environment
    home = hub.user_home(variables)
    caches = environ.read(environ.XDG_CACHE_HOME, variables) or os.path.join(home, ".cache")
    yield "uv", project.caches()[0]
    yield "pip", environ.read(environ.PIP_CACHE_DIR, variables) or os.path.join(caches, "pip")
    if about.hub:
        yield "huggingface", hub.home_of(variables)
    if "torch" in about.names:
        named = environ.read(environ.TORCH_HOME, variables)
        yield "torch", os.path.expanduser(named or os.path.join(caches, "torch"))


def _store(name: Name, path: str, project: Project) -> Store:
    """Return what a cache folder is like; of one that is not there what lies above it."""
    there = path
    while not os.path.lexists(there) and os.path.dirname(there) != there:
        there = os.path.dirname(there)
    try:
        status = os.stat(there)
        space = shutil.disk_usage(there)
        same = status.st_dev == os.stat(project.root).st_dev
    except OSError:
        return Store(name, path, os.path.lexists(path), writable=False)
    return Store(
        name,
        path,
        exists=there == path,
        writable=os.access(there, os.W_OK | os.X_OK),
        owner=owner_of(status.st_uid),
        foreign=_foreign(path) if there == path else "",
        same_device=same,
        free=space.free,
        total=space.total,
    )


def _foreign(folder: str) -> str:
    """Return the first entry of the upper two levels that belongs to another user and cannot be written."""
    own = os.geteuid() if hasattr(os, "geteuid") else None
    if own in (None, 0):
        return ""
    for count, entry in enumerate(_upper(folder)):
        if count >= ENTRIES:
            break
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if status.st_uid != own and not entry.is_symlink() and not os.access(entry.path, os.W_OK):
            return entry.path
    return ""


def _upper(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield a folder's entries, then theirs."""
    try:
        with os.scandir(folder) as entries:
            listed = list(entries)
    except OSError:
        return
    yield from listed
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            try:
                with os.scandir(entry.path) as inner:
                    yield from list(inner)
            except OSError:
                continue


def _hub(cache: str) -> tuple[tuple[Leftover, ...], tuple[tuple[str, str], ...]]:
    """Return the downloads that did not end, and files that are pointers of Git LFS in place of content."""
    leftovers, pointers = [], []
    try:
        with os.scandir(cache) as entries:
            folders = sorted(one.path for one in entries if re.match(r"(models|datasets|spaces)--", one.name))
    except OSError:
        return (), ()
    for folder in folders:
        kind, _, name = os.path.basename(folder).partition("--")
        repository = name.replace("--", "/")
        shown = repository if kind == "models" else f"{kind}/{repository}"
        files, size = 0, 0
        for entry in _files(os.path.join(folder, "blobs")):
            status = entry.stat(follow_symlinks=False)
            if entry.name.endswith(".incomplete"):
                if time.time() - status.st_mtime > RUNNING:
                    files, size = files + 1, size + status.st_size
            elif 0 < status.st_size <= SMALL and _is_pointer(entry.path):
                pointers.append((shown, entry.path))
        if files:
            leftovers.append(Leftover(shown, files, size))
    return tuple(leftovers), tuple(pointers)


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from (one for one in entries if one.is_file(follow_symlinks=False))
    except OSError:
        return


def _is_pointer(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(POINTER)) == POINTER
    except OSError:
        return False
