"""What is measured between hosts in a conversation: round trips and rates round the ring, their clocks."""

from __future__ import annotations

import time

from ...facts.clock import clock
from ...model.fleet import Clock, HostResult
from ...proof.between import Link
from .meeting import Gathering
from .talk import Answer, Conversation, Talk

ROUNDS = 200
"""Round trips over each link."""
LONG_ENOUGH, ENOUGH = 0.5, 256 << 20
"""A link carries all that it can for so many seconds, or so many bytes."""
ASKED = 5
"""Times that each host is asked for its time: the quickest answer has the smallest error."""
LINK_LIMIT, CLOCK_LIMIT = 60.0, 10.0


def links_of(talking: Conversation, gathering: Gathering) -> tuple[Link, ...]:
    """Return what was measured from each host to the next, of all at once: that is what a ring carries."""
    names = talking.names
    ring = dict(zip(names, [*names[1:], names[0]], strict=True))
    latency: dict[str, dict[str, object]] = {}
    bandwidth: dict[str, dict[str, object]] = {}
    for source, goal in ring.items():
        to = {"address": gathering.meeting.member(goal).address, "port": gathering.ports[goal]}
        latency[source] = {"ask": "latency", **to, "rounds": ROUNDS}
        bandwidth[source] = {"ask": "bandwidth", **to, "seconds": LONG_ENOUGH, "most": ENOUGH}
    trips = talking.ask(latency, LINK_LIMIT)
    able = {name: one for name, one in bandwidth.items() if "median" in (trips[name].value or {})}
    rates = talking.ask(able, LINK_LIMIT)
    return tuple(
        Link(source, goal, _told(trips[source]), _told(rates[source]) if source in rates else {})
        for source, goal in ring.items()
    )


def _told(one: HostResult[Answer]) -> Answer:
    """Return what a host answered; what kept it from that is an error like those that it tells itself."""
    if one.value is not None:
        return one.value
    return {"error": one.problem.code if one.problem is not None else "-"}


def _clock(talk: Talk) -> Clock | None:
    best: Clock | None = None
    for _ in range(ASKED):
        before = time.time()
        now = talk.ask({"ask": "now"}, CLOCK_LIMIT)["now"]
        found = clock({"clock": [now, now]}, before, time.time())
        if found is not None and (best is None or found.error < best.error):
            best = found
    return best


def clocks_of(talking: Conversation) -> dict[str, Clock]:
    """Return the clocks of the hosts that tell them."""
    found = talking.each(_clock)
    return {one.host: one.value for one in found if one.value is not None}
