"""What `render` hands to its view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..errors import Problem


@dataclass(frozen=True)
class Rendered:
    """`render`: the text, the file that it belongs into (empty: standard output), and what became of it.

    `same` and `differs` tell whether the file holds the text already; `absent`
    that there was nothing to remove. `follow` is the command that makes use of it.
    """

    what: str
    path: str
    text: str
    state: Literal["printed", "written", "same", "differs", "removed", "absent"]
    follow: str = ""
    findings: tuple[Problem, ...] = ()
