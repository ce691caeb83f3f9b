"""What doctor's looks bring of the project, the loader's paths and the disks: values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Problem, Text
from .evidence import Evidence
from .state import State


@dataclass(frozen=True)
class Standing:
    """Where the project stands: its file, lock and generations, as far as they can be read.

    `problems` say why the declared file cannot be, `damaged` why the state cannot. `stale` are the inputs
    of the current generation that moved since; `unfinished` what builds left that nobody goes on with.
    `editor` is what `.venv` is; `ignored` tells whether git ignores it, None outside of a repository.
    """

    file: str = ""
    problems: tuple[Problem, ...] = ()
    lock_file: str = ""
    lock_problems: tuple[Problem, ...] = ()
    pins_same: bool = True
    state: State | None = None
    damaged: Text | None = None
    stale: tuple[Text, ...] = ()
    proof: Evidence | None = None
    unfinished: tuple[str, ...] = ()
    editor: Literal["none", "ours", "folder", "elsewhere"] = "none"
    ignored: bool | None = None
    elsewhere: bool = False


@dataclass(frozen=True)
class SearchFolder:
    """A folder or file that a variable leads a program to; `names` are what it holds of interest.

    Of LD_LIBRARY_PATH these are watched libraries, of PYTHONPATH and the user's own packages the modules.
    """

    variable: str
    path: str
    there: bool
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelFile:
    """A model's or data's file in the project that is not what its name says.

    `state`: an LFS `pointer`, a page of `html`, `truncated` (with the size that it says it has), `empty`.
    """

    path: str
    state: Literal["pointer", "html", "truncated", "empty"]
    size: int
    wanted: int = 0


@dataclass(frozen=True)
class Scripts:
    """A folder of the project that Python puts first on its path when a script or notebook in it is run.

    `modules` are its files, `packages` its folders with `__init__.py`, `bare` those with Python files but
    none; `compiled` are `.pyc` files beside no source, which are imported as well.
    """

    path: str
    modules: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    compiled: tuple[str, ...] = ()
    notebooks: bool = False


@dataclass(frozen=True)
class Files:
    """What a walk through the project's folder found; `whole` is False where it was cut short.

    `lfs` says that the repository keeps files in Git LFS, `lfs_tool` that `git-lfs` is on PATH.
    """

    scripts: tuple[Scripts, ...] = ()
    models: tuple[ModelFile, ...] = ()
    lfs: bool = False
    lfs_tool: bool = True
    whole: bool = True


@dataclass(frozen=True)
class Room:
    """A place of work on its file system: entries (inodes) that are left, None where it counts none.

    `options` are those that it is mounted with (`noexec`, `ro`).
    """

    purpose: str
    path: str
    mount: str = ""
    options: tuple[str, ...] = ()
    entries: int | None = None
    entries_free: int | None = None
