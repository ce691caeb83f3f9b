"""`provenv run NAME` and `provenv run -- COMMAND`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from .. import app
from ..lazy import load
from ..model.diagnosis import Answered
from ..model.duration import read_duration
from ..model.launch import Asked, Launch
from .help import Command, completed
from .hosts import host_option
from .session import Session, command, option
from .wishes import wishes, wishes_options


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
    option("--processes", metavar="auto|N", help="cli.run.processes"),
    option("--retries", type=click.IntRange(0, 1000), metavar="N", help="cli.run.retries"),
    option("--stall", metavar="10m", help="cli.run.stall"),
    option("--record/--no-record", default=None, help="cli.run.record"),
    option("--wait", is_flag=True, help="cli.run.wait"),
    host_option(),
    option("--min-hosts", type=click.IntRange(1), metavar="N", help="cli.run.min_hosts"),
    *wishes_options(),
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
    processes: str | None,
    retries: int | None,
    stall: str | None,
    record: bool | None,
    wait: bool,
    hosts: tuple[str, ...],
    min_hosts: int | None,
    **container: Any,
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
        wishes=wishes(**container),
        asked=Asked(processes, retries, record, _seconds(session, stall), wait, hosts, min_hosts),
        show=partial(load("ui.run_view"), session.view.screen, session.view.words),
    )
    if ended.job and ended.code is None:
        return _submitted(session, ended, json_file)
    if ended.diagnosis is not None:
        session.view.show(Answered(ended.diagnosis))
    if ended.run and ended.code:
        session.view.show(ended)
    if json_file is not None:
        load("app.keep_text")(
            json_file, load("ui.document")("run", ended.code == 0, ended, ended.findings, session.view.words)
        )
    return ended.code or 0


def _submitted(session: Session, begun: Launch, json_file: Path | None) -> int:
    """End where a job was handed over: nobody knows its code yet."""
    if json_file is not None:
        words = load("ui.document")("run", True, begun, begun.findings, session.view.words)
        load("app.keep_text")(json_file, words)
    return 0


def _seconds(session: Session, said: str | None) -> float | None:
    """Return how long a run may make no step. Raises UsageError where that is no length of time."""
    try:
        return None if said is None else read_duration(said)
    except ValueError:
        raise click.UsageError(session.view.words.say("cli.run.stall_form", value=said or "")) from None
