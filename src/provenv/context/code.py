"""Which files are code, where no pattern says it: programs, their settings, what lies beside them.

A file goes in when git knows it (or would take it up), no part of its path is hidden, and it is

- a program, a setting or a text by its suffix, up to 1 MiB, Python's own of any size;
- anything else up to 1 MiB in a folder with a Python module in it or above it, the project's own apart: what
  a wheel would carry along. Not weights, binary data, archives, films, outputs and keys;
- a program without a suffix; what a `pyproject.toml` names as its readme and licence; what a command names.

Out stay the folders at the top that hold documents, builds and tests (tests go in where a command names them
or a program that runs them), all but programs and settings in folders that are called `data` and the like and
are no package, and what makes the image itself.
"""

from __future__ import annotations

import os
import posixpath
import re
import shlex
from dataclasses import dataclass
from fnmatch import fnmatch

from ..toml_library import tomllib
from . import kinds
from .listing import Listing
from .tree import Tree


@dataclass(frozen=True)
class Choice:
    """Files that go in; those that would if they were smaller; those left out beside modules of a package."""

    files: tuple[str, ...]
    large: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def choose(tree: Tree, found: Listing, commands: tuple[str, ...]) -> Choice:
    """Return the files of a project that are code. Raises OSError."""
    words = frozenset(_words(commands))
    named = {one for one in words if tree.is_file(one) and not kinds.makes_the_image(one)}
    chooser = _Chooser(tree, found.files, tests=_needs_tests(words))
    files = [one for one in found.files if one in named or chooser.takes(one)]
    # a file that a command names goes in though git is told to ignore it: without it the command fails
    files += [one for one in named.intersection(found.ignored) if chooser.fits(one)]
    known = set(found.files)
    files += [one for one in _of_projects(tree, files) if one in known]
    return Choice(tuple(sorted(set(files))), tuple(chooser.large), tuple(chooser.beside))


class _Chooser:
    def __init__(self, tree: Tree, files: tuple[str, ...], *, tests: bool) -> None:
        self.large: list[str] = []
        self.beside: list[str] = []
        self._tree = tree
        self._apart = kinds.APART if tests else kinds.APART | kinds.TESTS
        self._modules = {
            folder for one in files if one.endswith(".py") and (folder := one.rpartition("/")[0])
        }
        self._packages = {one for one in files if one.endswith("/__init__.py")}
        self._folders: dict[str, tuple[bool, bool, bool]] = {"": (True, False, False)}

    def takes(self, path: str) -> bool:
        """Tell whether a file that git knows is code."""
        folder, _, name = path.rpartition("/")
        open_, data, beside = self._folder(folder)
        if not open_ or name.startswith("."):
            return False
        kind = kinds.suffix(name)
        if (not folder and kinds.makes_the_image(name)) or self._is_rendered(path, kind):
            return False
        if self._tree.is_link(path):
            return self._takes_link(path, kind)
        if kind in (kinds.IN_DATA if data else kinds.CODE) or name.lower() in kinds.NAMED:
            return kind in kinds.PYTHON or self.fits(path)
        if kind in kinds.NEVER or data:
            if beside and kind != ".ipynb":
                self.beside.append(path)
            return False
        if beside:
            return self.fits(path)
        return not kind and self._tree.is_program(path) and self.fits(path)

    def fits(self, path: str) -> bool:
        """Tell whether a file is small enough to be code; those that are not are remembered."""
        if self._tree.size(path) <= kinds.LARGEST:
            return True
        self.large.append(path)
        return False

    def _takes_link(self, path: str, kind: str) -> bool:
        """Tell whether a link is code: by its suffix, or a folder's by what it is called."""
        if kind in kinds.CODE:
            return True
        name = path.rpartition("/")[2].lower()
        return (
            os.path.isdir(self._tree.path(path))
            and name not in kinds.DATA
            and not ("/" not in path and name in self._apart)
        )

    def _folder(self, folder: str) -> tuple[bool, bool, bool]:
        """Return of a folder whether it is looked into, is one of data, has modules in it or above it."""
        known = self._folders.get(folder)
        if known is None:
            above, _, name = folder.rpartition("/")
            open_, data, beside = self._folder(above)
            small = name.lower()
            open_ = open_ and not (
                name.startswith(".")
                or (not above and small in self._apart)
                or kinds.is_cache(self._tree.path(folder))
            )
            # a package that is called `data` is one: what lies in it is what a wheel would carry
            package = f"{folder}/__init__.py" in self._packages
            data = not package and (data or (small in kinds.DATA and not beside))
            beside = not data and (beside or folder in self._modules)
            known = self._folders[folder] = (open_, data, beside)
        return known

    def _is_rendered(self, path: str, kind: str) -> bool:
        return kind in kinds.RENDERED and self._tree.is_rendered(path)


def _words(commands: tuple[str, ...]) -> list[str]:
    """Return the words of command lines, and what stands behind a `=` in one, as paths of the project."""
    found: list[str] = []
    for command in commands:
        try:
            words = shlex.split(command)
        except ValueError:
            words = command.split()
        for word in words:
            found += [posixpath.normpath(part) for part in (word, word.partition("=")[2]) if part]
    return found


def _needs_tests(words: frozenset[str]) -> bool:
    return any(
        one in kinds.RUNNERS
        or one.partition("/")[0] in kinds.TESTS
        or one.rpartition("/")[2] in kinds.RUNNERS
        for one in words
    )


def _of_projects(tree: Tree, files: list[str]) -> list[str]:
    """Return what the `pyproject.toml`s among the files name: a build backend ends without its readme."""
    found: list[str] = []
    for name in files:
        folder, _, last = name.rpartition("/")
        if last != "pyproject.toml" or not tree.is_file(name) or tree.size(name) > kinds.LARGEST:
            continue
        try:
            with open(tree.path(name), "rb") as file:
                project = tomllib.load(file).get("project", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            continue  # a mistake in it is told where it is read for what it says
        if not isinstance(project, dict):
            continue
        said = [project.get("readme"), project.get("license")]
        paths = [one.get("file") if isinstance(one, dict) else one for one in said]
        patterns = project.get("license-files")
        if isinstance(patterns, list):
            paths += _matching(tree, folder, [one for one in patterns if isinstance(one, str)])
        found += [posixpath.normpath(posixpath.join(folder, one)) for one in paths if isinstance(one, str)]
    return [one for one in found if not re.match(r"\.\.(/|$)|/", one)]


def _matching(tree: Tree, folder: str, patterns: list[str]) -> list[str]:
    names = os.listdir(tree.path(folder))
    return [name for name in names if any(fnmatch(name, one) for one in patterns)]
