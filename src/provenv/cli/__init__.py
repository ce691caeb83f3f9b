"""One file per command; `main` is what the installed `provenv` calls."""

from __future__ import annotations

import os
import sys

from .. import environ
from ..lazy import load
from .streams import open_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says and leave the process with its exit code."""
    open_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _at_once(given)
        if code is None:
            code = load("cli.program")(given)
    except KeyboardInterrupt:
        # before the program was there to take it
        code = 130
    sys.exit(code)


def _at_once(given: list[str]) -> int | None:
    """Return the exit code of what can be done without click, None for all the rest.

    Only lines without any option are known here, so that options stay declared in one place.
    """
    if environ.read(environ.COMPLETE, os.environ):
        return None
    if given == ["up"]:
        code: int | None = load("cli.settled_up")()
        return code
    if given[:2] == ["run", "--"] and len(given) > 2:
        return int(load("cli.plain_run")(given))
    return None
