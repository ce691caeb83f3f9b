"""`provenv exec -- COMMAND`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..lazy import load
from ..model.diagnosis import Answered
from ..model.launch import Launch
from .at_once import at_once_option
from .hosts import host_option
from .run import RunCommand
from .session import Session, command, option


@command(
    "exec",
    click.Argument(["words"], nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND"),
    host_option(),
    at_once_option(),
    option("--folder", metavar="DIR", help="cli.exec.folder"),
    option("--first-failure", is_flag=True, help="cli.exec.first_failure"),
    option(
        "--json-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="cli.exec.json_file",
    ),
    cls=RunCommand,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def execute(
    session: Session,
    *,
    words: tuple[str, ...],
    hosts: tuple[str, ...],
    at_once: int,
    folder: str | None,
    first_failure: bool,
    json_file: Path | None,
) -> int:
    behind: tuple[str, ...] | None = click.get_current_context().meta["provenv.command"]
    argv = (*words, *(behind or ()))
    if not argv:
        raise click.UsageError(session.view.words.say("cli.exec.nothing"))
    ended, code = app.execute.execute(
        session.project,
        argv,
        wanted=hosts,
        folder=folder,
        at_once=at_once,
        first_failure=first_failure,
        announce=session.view.show,
        printed=load("ui.host_lines")(session.view.screen),
    )
    if not isinstance(ended, Launch):
        session.view.close()
        session.view.show(ended)
    elif ended.diagnosis is not None:
        session.view.show(Answered(ended.diagnosis))
    if json_file is not None:
        findings = ended.findings if isinstance(ended, Launch) else ()
        load("app.keep_text")(
            json_file, load("ui.document")("exec", code == 0, ended, findings, session.view.words)
        )
    return code
