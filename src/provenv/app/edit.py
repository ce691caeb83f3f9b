"""`init`, `add` and `remove`: the user's own files, edited with care and written whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from .. import spec
from ..errors import Failure, Hint, Text, problem, text
from ..model.results import EditResult, InitResult
from ..spec.edited import Edit
from ..targets.held import edited
from .files import keep_bytes, keep_text

DECLARED = "provenv.toml"
MOST_READ = 1 << 20
"""Characters of standard input that are read."""


def init(
    folder: Path, words: Callable[[Text], str], *, source: str | None = None, force: bool = False
) -> InitResult:
    """Write a commented `provenv.toml` made from what the folder holds, or from the file or folder `source`.

    `-` as the source is standard input. `words` renders the comments. Raises
    Failure PV740 where a file that would be written is there already, unless
    `force`; what the source's reading raises.
    """
    if not folder.is_dir():
        raise Failure(problem("PV702", folder=str(folder)))
    _free(folder, DECLARED, force)
    content = sys.stdin.read(MOST_READ) if source == "-" else None
    made = spec.initial(folder, words, source, content)
    for name in made.files:
        _free(folder, name, force)
    for name, text_of_file in made.files.items():
        keep_text(folder / name, text_of_file)
    path = folder / DECLARED
    keep_text(path, made.text)
    return InitResult(
        str(path), made.text, made.found, made.source, tuple(made.files), made.carried, made.left_out
    )


def _free(folder: Path, name: str, force: bool) -> None:
    if (folder / name).exists() and not force:
        hints = (
            Hint(text("PV740.hint"), "provenv up"),
            Hint(text("PV740.hint_force"), "provenv init --force"),
        )
        raise Failure(problem("PV740", path=name, hints=hints))


def add(root: Path, requirements: Sequence[str]) -> EditResult:
    """Put requirements into the user's own list; an older one of the same name is replaced in its place."""
    with _alone(root):
        return _apply(spec.add(root, requirements), root)


def remove(root: Path, names: Sequence[str]) -> EditResult:
    """Take requirements out of the user's own list."""
    with _alone(root):
        return _apply(spec.remove(root, names), root)


def _alone(root: Path) -> AbstractContextManager[None]:
    """Hold the leading file: of two edits at once the second reads what the first has written."""
    leading = spec.find(root)
    return nullcontext() if leading is None else edited(Path(os.path.realpath(leading)))


def _apply(edit: Edit, root: Path) -> EditResult:
    if edit.new != edit.old:
        keep_bytes(root / edit.path, edit.content)
    return EditResult(edit.path, edit.added, edit.removed)
