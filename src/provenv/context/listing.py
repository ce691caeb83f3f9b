"""What lies in a project: the files that git knows or would take up, and what it is told to ignore."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Failure
from ..hosts.local import LocalHost
from . import kinds
from .patterns import Pattern, Patterns, git_patterns

IGNORE = ".gitignore"
LIMIT = 60.0
"""Seconds that git may take to list a project; then it is walked."""


@dataclass(frozen=True)
class Listing:
    """Paths relative to the project, `/` between their parts, in order.

    `files` are known to git or would be: files and links. `ignored` is what an ignore file leaves out; a
    folder of which all is left out ends in `/` and stands alone. `rules` are the lines of the project's
    ignore files, each with the folder that it counts from.
    """

    files: tuple[str, ...]
    ignored: tuple[str, ...]
    rules: tuple[tuple[str, Pattern], ...]


def listing(root: Path) -> Listing:
    """Return what lies in a project, by git; by a walk where there is no git, or it knows nothing of it."""
    known = _by_git(root, "")
    if known is None:
        return _by_walk(root)
    files, ignored = known
    rules = [
        (name.rpartition("/")[0], pattern)
        for name in files
        if name.rpartition("/")[2] == IGNORE
        for pattern in _read(os.path.join(root, name))
    ]
    return Listing(tuple(sorted(set(files))), tuple(sorted(set(ignored))), tuple(rules))


def inside(root: str | Path, folder: str) -> Iterator[str]:
    """Yield all that lies in a folder of the project but in caches; ignore files don't count."""
    for entry in _entries(os.path.join(root, folder)):
        name = f"{folder}/{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            if entry.is_file(follow_symlinks=False) or entry.is_symlink():
                yield name
        elif not kinds.is_cache(entry.path):
            yield from inside(root, name)


def tracked(root: Path, files: Sequence[str]) -> frozenset[str]:
    """Return those of the files that git keeps; none where there is no git or no repository."""
    if not files:
        return frozenset()
    return frozenset(_git(os.fspath(root), "-c", "--", *(f":(literal){one}" for one in files)) or ())


def _by_git(root: Path, below: str) -> tuple[list[str], list[str]] | None:
    """Return what git lists, submodules and repositories inside too; None where git doesn't."""
    folder = os.path.join(root, below)
    never = [word for one in kinds.CACHES for word in ("-x", f"{one}/")]
    known = _git(folder, "-c", "-o", *never)
    if known is None or not any(known):
        return None
    ignored = [f"{below}{one}" for one in _git(folder, "-o", "-i", "--directory", *never) or ()]
    files: list[str] = []
    for name in known:
        path = os.path.join(folder, name)
        if not os.path.isdir(path) or os.path.islink(path):
            if os.path.lexists(path):  # git knows also what was deleted
                files.append(f"{below}{name}")
            continue
        within = f"{below}{name.rstrip('/')}/"
        found = _by_git(root, within) if os.path.lexists(os.path.join(path, ".git")) else None
        if found is None:
            files += inside(root, within.rstrip("/"))
        else:
            files += found[0]
            ignored += found[1]
    return files, ignored


def _git(folder: str, *options: str) -> list[str] | None:
    """Return what `git ls-files` prints, None where it fails. No hook of the repository's runs."""
    words = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--exclude-standard", *options]
    try:
        done = LocalHost().exec(words, folder=folder, limit=LIMIT)
    except Failure:
        return None
    return [os.fsdecode(one) for one in done.stdout.split(b"\0") if one] if done.code == 0 else None


def _by_walk(root: Path) -> Listing:
    files: list[str] = []
    ignored: list[str] = []
    rules: list[tuple[str, Pattern]] = []

    def walk(folder: str, above: tuple[tuple[str, Patterns], ...]) -> None:
        own = tuple(_read(os.path.join(root, folder, IGNORE)))
        rules.extend((folder, one) for one in own)
        here = (*above, (folder, Patterns(own))) if own else above
        for entry in _entries(os.path.join(root, folder)):
            name = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if (is_folder and kinds.is_cache(entry.path)) or _is_ignored(name, here, folder=is_folder):
                ignored.append(f"{name}/" if is_folder else name)
            elif is_folder:
                walk(name, here)
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                files.append(name)

    walk("", ())
    return Listing(tuple(sorted(files)), tuple(sorted(ignored)), tuple(rules))


def _is_ignored(path: str, stack: Iterable[tuple[str, Patterns]], *, folder: bool) -> bool:
    """Tell whether an ignore file leaves a path out: the nearest file that says anything of it decides."""
    for above, patterns in reversed(tuple(stack)):
        found = patterns.own(path[len(above) + 1 :] if above else path, folder=folder)
        if found is not None:
            return not found.negated
    return False


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda one: one.name)


def _read(path: str) -> tuple[Pattern, ...]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return tuple(git_patterns(file))
    except OSError:
        return ()
