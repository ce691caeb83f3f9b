"""What is answered before the rest of the program is imported: `up` where there is nothing to do.

Only plain `up` is known here, so that options stay declared in one place. Whatever
is not settled at the first look, or cannot be written, goes the long way, which says why.
"""

from __future__ import annotations

import os

from ..app.settled import settled
from ..targets.names import HERE
from ..ui.screen import screen
from ..ui.streams import Unwritten
from ..ui.views.sentences import unchanged
from ..ui.words import Words, language

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def at_once(arguments: Sequence[str]) -> int | None:
    """Return the exit code where the command line was answered, None where the whole program has to."""
    if arguments != ["up"]:
        return None
    try:
        record = settled(os.getcwd(), HERE, os.environ)
        if record is None:
            return None
        where = screen()
        context = where.context(Words(language()))
        where.show(unchanged(HERE, record["number"], record["python"], record["packages"], context))
    except (OSError, Unwritten):
        return None
    return 0
