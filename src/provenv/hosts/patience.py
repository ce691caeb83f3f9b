"""How long is waited for a network that gives nothing, as variables and pip's configuration say it.

A time limit for each request, as uv and pip have it, is none for an answer that comes byte by byte;
a limit for the whole would cut off who has a slow line and much to fetch. So it is progress that counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .. import environ
from ..errors import Exit, Failure, problem, text
from ..model.channel import Patience

STALL = 120.0
"""Seconds without progress before the network counts as dead; never less than twice the request's limit."""

LEAST_RATE = 256.0
"""Bytes a second that count as progress: a modem's line has ten times as much."""


def patience_of(environment: Mapping[str, str], timeout: float | None = None) -> Patience:
    """Return how long this place waits for its network; `timeout` is pip's, in seconds for one request.

    Raises Failure PV808 for a variable that is no number of seconds.
    """
    said = _seconds(environ.PROVENV_NETWORK_STALL, environment)
    request = max(_number(environment.get("UV_HTTP_TIMEOUT")), timeout or 0.0)
    total = _seconds(environ.PROVENV_NETWORK_LIMIT, environment)
    stall = max(STALL, 2 * request) if said is None else said
    return Patience(stall or math.inf, LEAST_RATE, total or None)


def _seconds(variable: environ.Variable, environment: Mapping[str, str]) -> float | None:
    said = environ.read(variable, environment)
    if said is None:
        return None
    try:
        value = float(said)
    except ValueError:
        value = -1.0
    if not (0 <= value < math.inf):
        why = text("PV808.why")
        raise Failure(problem("PV808", name=variable.name, value=said[:40], why=why), exit_code=Exit.USAGE)
    return value


def _number(said: str | None) -> float:
    """Return the seconds of uv's own variable; what it would refuse counts as nothing here."""
    try:
        return max(0.0, float(said or 0))
    except ValueError:
        return 0.0
