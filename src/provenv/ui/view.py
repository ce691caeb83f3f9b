"""The one face of a command: `view(...)`, with a human and a JSON side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

from ..lazy import load
from .human_view import HumanView
from .screen import screen
from .words import Words
from .words import language as spoken

if TYPE_CHECKING:
    from ..errors import Failure, Problem
    from ..model.progress import Progress
    from .screen import Color, Screen


class View(Protocol):
    """How a command tells what it does and what came of it."""

    @property
    def words(self) -> Words:
        """Return what turns a Text into words."""

    @property
    def screen(self) -> Screen:
        """Return the streams, for commands that write something of their own."""

    @property
    def progress(self) -> Progress:
        """Return where long work tells how far it is."""

    def show(self, value: object) -> None:
        """Show a value that is not the end of the command; the JSON view keeps silent."""

    def done(self, value: object = None, problems: Sequence[Problem] = ()) -> None:
        """Show the result of a command that did what it was asked, with its warnings."""

    def failed(self, failure: Failure, value: object = None) -> None:
        """Show why a command failed, after what it found before (`value`, else the failure's data)."""

    def close(self) -> None:
        """Leave the terminal as it was found; `done` and `failed` do it too."""


def view(
    *,
    command: str,
    json: bool = False,
    language: str | None = None,
    color: Color = "auto",
    quiet: bool = False,
    verbose: bool = False,
    out: TextIO | None = None,
    err: TextIO | None = None,
    environment: Mapping[str, str] | None = None,
) -> View:
    """Return the view of one command; streams and environment are this process's unless given."""
    words = Words(spoken(language, environment))
    where = screen(color=color, quiet=quiet, verbose=verbose, out=out, err=err, environment=environment)
    if json:
        json_view: View = load("ui.json_view")(command, words, where)
        return json_view
    return HumanView(command, words, where)
