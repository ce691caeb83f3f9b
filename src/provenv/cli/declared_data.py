"""The argument that names declared data, the same for all commands that take some."""

from __future__ import annotations

import click

from .help import completed


def data_argument(*, several: bool = True) -> click.Argument:
    """Return the argument `names` (any number of declared sets), or `name`."""
    return click.Argument(
        ["names" if several else "name"],
        required=not several,
        nargs=-1 if several else 1,
        metavar="[NAME]..." if several else "NAME",
        shell_complete=completed("data"),
    )
