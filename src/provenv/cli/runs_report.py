"""`provenv runs report`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import lazy
from ..app import runs as use
from .recorded import run_argument
from .session import Session, command, option


@command(
    "runs report",
    run_argument(),
    option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="cli.runs.report.output"),
    option("--force", is_flag=True, help="cli.runs.compare.force"),
)
def report(session: Session, *, run: str | None, output: Path | None, force: bool) -> None:
    project = session.project()
    found = use.report.report(project, run)
    words = session.view.words
    page = lazy.load("ui.run_page")(found, words, words.language)
    session.view.done(use.report.write_page(project, page, [found.run.record.id], output, force=force))
