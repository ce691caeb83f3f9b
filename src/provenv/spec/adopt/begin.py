"""`init`: what the folder holds, or the source that was named, to the text of provenv.toml."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ...errors import Failure, Hint, Place, Text, problem, text
from ...model.adopted import Initial
from ..source import relative
from .adopted import Draft
from .folder import read_folder
from .python_versions import dated, told_misfits
from .sources import read_environment, read_file, read_words
from .writer import write

STDIN = "-"


def initial(
    folder: Path, words: Callable[[Text], str], source: str | None = None, content: str | None = None
) -> Initial:
    """Return the text of a commented provenv.toml for `folder`, and what it was made from.

    Without `source` the folder itself is looked into. With it, that file or
    folder is read; `-` is standard input, whose text is `content`. `words` renders
    the comments. Nothing is written. Raises Failure: PV150 for a kind that is not
    known, PV151 for a lock, PV152 for a broken file, PV153 where nothing is there.
    """
    root = Path(os.path.abspath(folder))
    if source is None:
        draft = Draft(root, root, "folder", "")
        read_folder(draft)
        return write(draft.done(), root, words)
    if source == STDIN:
        draft = Draft(root, root, "file", "-")
        read_words(draft, content or "", "stdin")
        return write(_finished(draft).done(), root, words)
    path = Path(os.path.abspath(source))
    if not path.exists():
        hints = (Hint(text("PV153.hint"), "provenv init"),)
        raise Failure(problem("PV153", path=source, where=Place(source), hints=hints))
    name = relative(root, path)
    if not path.is_dir():
        draft = Draft(root, _base(root, path), "file", name)
        read_file(draft, path)
        return write(_finished(draft).done(), root, words)
    draft = Draft(root, path, "folder", name)
    if read_environment(draft, path):
        return write(_finished(draft).done(), root, words)
    read_folder(draft)
    return write(draft.done(), root, words)


def _base(root: Path, path: Path) -> Path:
    """Return what a file's paths are relative to: an image is built from the project's folder."""
    in_image = "dockerfile" in path.name.lower() or "containerfile" in path.name.lower()
    return root if in_image or path.name.endswith("devcontainer.json") else path.parent


def _finished(draft: Draft) -> Draft:
    """Return the draft with the Python that its pinned releases have wheels for, where none is stated."""
    found, misfits = dated([item for item in draft.requirements if item.sure], draft.python)
    draft.python = found or draft.python
    draft.tell(*told_misfits(misfits, draft.python))
    return draft
