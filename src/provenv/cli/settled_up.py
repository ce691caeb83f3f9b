"""An `up` with nothing to do, answered before the rest of the program is imported.

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


def up() -> int | None:
    """Return the exit code where there was nothing to do, None where the whole program has to look."""
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
