"""`provenv run NAME` and `provenv run -- COMMAND`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..lazy import load
from ..model.diagnosis import Answered
from .help import Command, completed
from .session import Session, command, option


class RunCommand(Command):
    """A command line in which everything behind `--` is another program's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Cut the line at the first `--` and keep what stands behind it for the program."""
        ctx.meta["provenv.command"] = None
        if "--" in args:
            cut = args.index("--")
            args, ctx.meta["provenv.command"] = args[:cut], tuple(args[cut + 1 :])
        return super().parse_args(ctx, args)


@command(
    "run",
    click.Argument(
        ["words"],
        nargs=-1,
        type=click.UNPROCESSED,
        metavar="[NAME [ARGUMENTS]] | -- COMMAND",
        shell_complete=completed("runs"),
    ),
    option(
        "--json-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="cli.run.json_file",
    ),
    option(
        "--folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="cli.run.folder"
    ),
    option("--replace", "in_place", is_flag=True, help="cli.run.replace"),
    option("--explain/--no-explain", default=None, help="cli.run.explain"),
    cls=RunCommand,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run(
    session: Session,
    *,
    words: tuple[str, ...],
    json_file: Path | None,
    folder: Path | None,
    in_place: bool,
    explain: bool | None,
) -> int:
    behind: tuple[str, ...] | None = click.get_current_context().meta["provenv.command"]
    if not words and not behind:
        raise click.UsageError(session.view.words.say("cli.run.nothing"))
    if in_place and json_file is not None:
        raise click.UsageError(session.view.words.say("cli.run.replace_alone"))
    name = words[0] if words else None
    argv = (*words[1:], *(behind or ()))
    ended = app.launch.run(
        session.project,
        name=name,
        command=argv,
        announce=session.view.show,
        folder=folder,
        in_place=in_place,
        explain=explain,
    )
    if ended.diagnosis is not None:
        session.view.show(Answered(ended.diagnosis))
    if json_file is not None:
        load("app.keep_text")(
            json_file, load("ui.document")("run", ended.code == 0, ended, ended.findings, session.view.words)
        )
    return ended.code or 0
