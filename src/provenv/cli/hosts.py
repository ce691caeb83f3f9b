"""`--host`: some hosts of a target, for the commands that act on several."""

from __future__ import annotations

from .help import Option, completed
from .session import option


def host_option() -> Option:
    """Return `--host NAME`, which may stand several times."""
    return option(
        "--host",
        "hosts",
        multiple=True,
        metavar="NAME",
        help="cli.host",
        shell_complete=completed("hosts"),
    )
