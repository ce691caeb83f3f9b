"""`--at-once`: how many hosts are worked on at a time, for the commands that act on several."""

from __future__ import annotations

import click

from .help import Option
from .session import option


def at_once_option() -> Option:
    """Return `--at-once N`."""
    return option(
        "--at-once",
        type=click.IntRange(1, 1024),
        default=32,
        show_default=True,
        metavar="N",
        help="cli.at_once",
    )
