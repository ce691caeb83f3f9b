"""Why an address did not give data; its package-index siblings speak of locks and indexes."""

from __future__ import annotations

from ...errors import Hint, Problem, problem, text
from ...hosts.fetch import Unfetched

HINTS = frozenset({"login", "certificate", "proxy"})
"""States for which something can be done here."""


def reason(error: Unfetched) -> Problem:
    """Return the problem that an address is which did not give its file: how it answered, and what helps."""
    found = error.reached
    answer = found.detail or (f"HTTP {found.status}" if found.status else found.state)
    why = text(f"PV1438.{found.state}", answer=answer)
    hints = (Hint(text(f"PV1438.hint_{found.state}")),) if found.state in HINTS else ()
    return problem("PV1438", url=str(error.args[0]), why=why, hints=hints)
