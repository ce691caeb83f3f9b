"""One file per command; `main` is what the installed `provenv` calls."""

from __future__ import annotations

import sys

from ..lazy import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says and leave the process with its exit code.

    What needs no more than a look at some bytes is answered before the rest of the program is imported.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = load("cli.at_once")(given) if given[:1] == ["up"] else None
        if code is None:
            code = load("cli.program")(given)
    except KeyboardInterrupt:
        # before the program was there to take it
        code = 130
    sys.exit(code)
