"""`provenv demo`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app, lazy
from ..app.choices import DEMO
from .session import Session, command, option


def _names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in app.examples.typed_names() if name.startswith(incomplete)]


@command(
    "demo",
    click.Argument(["names"], nargs=-1, metavar="[NAME]...", shell_complete=_names),
    option(
        "--folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="cli.demo.folder"
    ),
    option("--list", "listed", is_flag=True, help="cli.demo.list"),
)
def demo(session: Session, *, names: tuple[str, ...], folder: Path | None, listed: bool) -> None:
    if listed:
        session.view.done(app.examples.listed())
        return
    goals = app.demo.folders(app.demo.wanted(names or (DEMO,)), session.folder, folder)
    results = app.demo.demo(goals, session.view.progress)
    words = session.view.words
    pages = [lazy.load("ui.report")(one, words, words.language) for one in results]
    several = len(results) > 1
    comparison = lazy.load("ui.demos_page")(results, words, words.language) if several else ""
    session.view.done(app.demo.finish(results, pages, comparison))
