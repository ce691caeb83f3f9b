"""`provenv completion SHELL`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class, shell_complete

from .. import environ
from .help import Group
from .session import Session, command


@command("completion", click.Argument(["shell"], type=click.Choice(["bash", "zsh", "fish"])))
def completion(session: Session, *, shell: str) -> None:
    kind = get_completion_class(shell)
    assert kind is not None, "click knows the shells of the choice"
    root = click.get_current_context().find_root().command
    made = kind(root, {}, "provenv", environ.COMPLETE.name)
    session.view.screen.out.write(made.source() + "\n")


def complete(program: Group) -> int:
    """Answer the shell that asks what could follow (click's protocol)."""
    return shell_complete(program, {}, "provenv", environ.COMPLETE.name, environ.read(environ.COMPLETE) or "")
