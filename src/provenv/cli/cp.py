"""`provenv cp SOURCE... TARGET`."""

from __future__ import annotations

import click

from ..lazy import load
from .at_once import at_once_option
from .hosts import host_option
from .session import Session, command


@command(
    "cp",
    click.Argument(["paths"], nargs=-1, required=True, metavar="SOURCE... TARGET"),
    host_option(),
    at_once_option(),
)
def copy(session: Session, *, paths: tuple[str, ...], hosts: tuple[str, ...], at_once: int) -> None:
    if len(paths) < 2:
        raise click.UsageError(session.view.words.say("cli.cp.nowhere"))
    session.view.done(load("app.on_hosts.copy")(session.project(), paths, wanted=hosts, at_once=at_once))
