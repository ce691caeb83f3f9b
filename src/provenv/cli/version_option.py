"""`provenv --version`, as people expect it beside `provenv version`."""

from __future__ import annotations

import click

from ..version import __version__
from .help import COMMON, Option


def version_option() -> click.Option:
    """Return the option that prints the version and ends."""
    return Option(
        ["-V", "--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print,
        help="cli.version.option",
        group=COMMON,
    )


def _print(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"provenv {__version__}")
        context.exit()
