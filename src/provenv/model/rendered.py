"""What `render` hands to its view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..errors import Problem


FileState = Literal["printed", "written", "same", "differs", "removed", "absent"]


@dataclass(frozen=True)
class RenderedFile:
    """One file of several that were rendered together, by its path as the user would name it."""

    path: str
    state: FileState
    size: int = 0


@dataclass(frozen=True)
class Rendered:
    """`render`: the text, the file that it belongs into (empty: standard output), and what became of it.

    `same` and `differs` tell whether the file holds the text already; `absent`
    that there was nothing to remove. `follow` is the command that makes use of it.
    `files` are all of them where it takes more than one; `path` and `text` are those of the first.
    """

    what: str
    path: str
    text: str
    state: FileState
    follow: str = ""
    findings: tuple[Problem, ...] = ()
    files: tuple[RenderedFile, ...] = ()
