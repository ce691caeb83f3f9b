"""The Python files and notebooks of a folder, and which modules they make."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

MOST_FILES = 3000
"""Python files and notebooks that are looked into."""
MOST_ENTRIES = 60_000
"""Folder entries that are walked over."""
_SKIPPED = frozenset(
    {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env", "checkpoints", "wandb"}
)


@dataclass
class Tree:
    """`files` relative to the root in order; `modules` and `packages` by path without suffix.

    `paths` are folders that the code puts on sys.path; `cut` says that there was
    more than is looked at.
    """

    root: Path
    files: list[PurePosixPath] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    extensions: set[str] = field(default_factory=set)
    cut: bool = False

    def has(self, top: str, file: PurePosixPath) -> bool:
        """Return whether a file finds the module `top`: beside it, above it, in src/, on its sys.path."""
        folders = [*map(str, file.parents), "src", "lib", "python", *self.paths]
        return top in self.extensions or any(
            path in self.modules or path in self.packages
            for path in (top if folder == "." else f"{folder}/{top}" for folder in folders)
        )

    def has_anywhere(self, top: str) -> bool:
        """Return whether any folder of the tree has a module of this name."""
        return top in self.names

    def add_path(self, written: str) -> None:
        """Note a folder that the code puts on sys.path, where the tree has it."""
        parts = [part for part in written.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        suffix = "/".join(parts)
        if suffix:
            self.paths |= {one for one in self.packages if one == suffix or one.endswith(f"/{suffix}")}


def walk(root: Path) -> Tree:
    """Return the tree under `root`. Hidden folders, environments and build outputs are passed over."""
    tree = Tree(root)
    entries = 0
    for folder, folders, names in os.walk(root):
        entries += len(folders) + len(names)
        folders[:] = sorted(one for one in folders if _is_entered(folder, one))
        here = PurePosixPath(os.path.relpath(folder, root).replace(os.sep, "/"))
        for name in sorted(names):
            if name.startswith("."):
                continue
            if name.endswith((".py", ".ipynb")):
                if len(tree.files) >= MOST_FILES:
                    tree.cut = True
                    return tree
                tree.files.append(here / name)
            if name.endswith((".py", ".pyx", ".so", ".pyd")):
                _note(tree, here, name.partition(".")[0])
        if entries > MOST_ENTRIES:
            tree.cut = True
            return tree
    return tree


def single(root: Path, files: Iterable[Path]) -> Tree:
    """Return a tree in which only `files` are looked into, with all the modules of the folder around them."""
    tree = walk(root)
    tree.files = [PurePosixPath(os.path.relpath(one, root).replace(os.sep, "/")) for one in files]
    tree.cut = False
    return tree


def _note(tree: Tree, folder: PurePosixPath, stem: str) -> None:
    if stem not in ("__init__", "__main__", "setup"):
        tree.modules.add(str(folder / stem))
        tree.names.add(stem)
    for one in (folder, *folder.parents):
        if str(one) != ".":
            tree.packages.add(str(one))
            tree.names.add(one.name)


def _is_entered(folder: str, name: str) -> bool:
    return (
        not name.startswith(".")
        and name not in _SKIPPED
        and not name.endswith(".egg-info")
        and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        and not os.path.exists(os.path.join(folder, name, "conda-meta"))
    )
