"""The receipt of a proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..model.evidence import Evidence, Outcome


def evidence(
    target: str,
    generation: int,
    outcomes: Sequence[Outcome],
    *,
    digests: Mapping[str, str],
    started: str,
    seconds: float,
    left_out: Sequence[str] = (),
) -> Evidence:
    """Return the receipt: what was found where, and the digests of what it was found about.

    `started` is an ISO 8601 time in UTC; `digests` names the declared file, the lock and the deciding facts;
    `left_out` the checks that a quick proof did not run.
    """
    return Evidence(
        target,
        generation,
        started,
        round(seconds, 3),
        tuple(outcomes),
        dict(digests),
        left_out=tuple(left_out),
    )
