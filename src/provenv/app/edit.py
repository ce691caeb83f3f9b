"""`init`, `add` and `remove`: the user's own files, edited with care and written whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import spec
from ..errors import Failure, Hint, Text, problem, text
from ..model.results import EditResult, InitResult
from ..spec.edited import Edit
from .files import keep_bytes, keep_text

DECLARED = "provenv.toml"


def init(folder: Path, words: Callable[[Text], str], *, force: bool = False) -> InitResult:
    """Write a commented `provenv.toml` made from what the folder holds.

    `words` renders the comments. Raises Failure PV740 where a declared file is
    there already, unless `force`.
    """
    if not folder.is_dir():
        raise Failure(problem("PV702", folder=str(folder)))
    path = folder / DECLARED
    if path.exists() and not force:
        hints = (
            Hint(text("PV740.hint"), "provenv up"),
            Hint(text("PV740.hint_force"), "provenv init --force"),
        )
        raise Failure(problem("PV740", path=DECLARED, hints=hints))
    content, found = spec.initial(folder, words)
    keep_text(path, content)
    return InitResult(str(path), content, found)


def add(root: Path, requirements: Sequence[str]) -> EditResult:
    """Put requirements into the user's own list; an older one of the same name is replaced in its place."""
    return _apply(spec.add(root, requirements), root)


def remove(root: Path, names: Sequence[str]) -> EditResult:
    """Take requirements out of the user's own list."""
    return _apply(spec.remove(root, names), root)


def _apply(edit: Edit, root: Path) -> EditResult:
    if edit.new != edit.old:
        # a linked file is edited where it really lies
        keep_bytes(Path(os.path.realpath(root / edit.path)), edit.content)
    return EditResult(edit.path, edit.added, edit.removed)
