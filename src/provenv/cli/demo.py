"""`provenv demo`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app, lazy
from ..app.choices import DEMO
from .session import Session, command, option


def _names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in app.demo.short_names() if name.startswith(incomplete)]


@command(
    "demo",
    click.Argument(["name"], default=DEMO, shell_complete=_names),
    option(
        "--folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="cli.demo.folder"
    ),
)
def demo(session: Session, *, name: str, folder: Path | None) -> None:
    goal = (folder or session.folder / f"provenv-demo-{app.demo.example_named(name)}").resolve()
    result = app.demo.demo(name, goal, session.view.progress)
    words = session.view.words
    page = lazy.load("ui.report")(result, words, words.language)
    session.view.done(app.demo.finish(result, page))
