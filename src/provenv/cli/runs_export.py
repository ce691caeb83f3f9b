"""`provenv runs export`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ..app import runs
from ..app.choices import EXPORTED
from ..ui.streams import Unwritten
from .recorded import run_argument
from .session import Session, command, option

if TYPE_CHECKING:
    from ..model.run_results import ExportFormat


@command(
    "runs export",
    run_argument(),
    option(
        "--to",
        "form",
        type=click.Choice(EXPORTED),
        default="csv",
        show_default=True,
        help="cli.runs.export.to",
    ),
    option(
        "--output",
        "-o",
        type=click.Path(path_type=Path, allow_dash=True),
        metavar="FILE|DIR",
        help="cli.runs.export.output",
    ),
    option("--force", is_flag=True, help="cli.runs.export.force"),
)
def export(session: Session, *, run: str | None, form: str, output: Path | None, force: bool) -> None:
    # as everywhere: `-` is standard output
    output = None if output == Path("-") else output
    if output is None and (form != "csv" or session.json):
        raise click.UsageError(session.view.words.say("cli.runs.export.where"))
    stream = session.view.screen.out
    if isinstance(stream, io.TextIOWrapper):
        # a name that the stream's encoding lacks ends no export
        stream.reconfigure(errors="backslashreplace")
    try:
        made = runs.export.export(
            session.project(), run, cast("ExportFormat", form), output, force=force, stream=stream
        )
    except BrokenPipeError:
        raise
    except OSError as error:
        if output is not None:
            raise
        raise Unwritten(error.strerror or str(error)) from error
    session.view.done(made if made.path else None)
