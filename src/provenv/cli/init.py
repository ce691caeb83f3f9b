"""`provenv init`."""

from __future__ import annotations

import click

from .. import app
from .session import Session, command, option


def _templates(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in app.examples.names() if name.startswith(incomplete)]


@command(
    "init",
    option("--from", "source", metavar="PATH", help="cli.init.from"),
    option("--template", metavar="NAME", shell_complete=_templates, help="cli.init.template"),
    option("--force", is_flag=True, help="cli.init.force"),
)
def init(session: Session, *, source: str | None, template: str | None, force: bool) -> None:
    if template is None:
        made = app.edit.init(session.folder, session.view.words, source=source, force=force)
    elif source is None:
        made = app.template.begin(session.folder, template, force=force)
    else:
        raise click.UsageError(session.view.words.say("cli.init.one_source"))
    session.view.done(made)
