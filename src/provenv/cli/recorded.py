"""The argument that names a recorded run, the same for all commands that take one."""

from __future__ import annotations

import click

from .help import completed


def run_argument(*, required: bool = False, several: bool = False) -> click.Argument:
    """Return the argument `run` (or `runs`): an id or a part of one, `last`, `~1`, a declared run's name."""
    return click.Argument(
        ["runs" if several else "run"],
        required=required,
        nargs=-1 if several else 1,
        metavar="[RUN]..." if several else "RUN" if required else "[RUN]",
        shell_complete=completed("recorded"),
    )
