"""`provenv runs compare`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import lazy
from ..app import runs as use
from .recorded import run_argument
from .session import Session, command, option


@command(
    "runs compare",
    run_argument(several=True),
    option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="cli.runs.compare.output"),
    option("--force", is_flag=True, help="cli.runs.compare.force"),
)
def compare(session: Session, *, runs: tuple[str, ...], output: Path | None, force: bool) -> None:
    project = session.project()
    found = use.compare.compare(project, runs)
    if output is None:
        session.view.done(found)
        return
    words = session.view.words
    page = lazy.load("ui.compare_page")(found, words, words.language)
    ids = [side.id for side in found.sides]
    session.view.done(use.report.write_page(project, page, ids, output, force=force))
