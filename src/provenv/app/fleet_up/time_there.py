"""How far a host's clock is ahead of ours, asked by `date` alone."""

from __future__ import annotations

import time

from ...facts.clock import clock
from ...model.channel import Host
from ...model.fleet import Clock

ASK = ("date", "-u", "+%s.%N")


def clock_of(host: Host) -> Clock | None:
    """Return what a host's clock says, with the error that the way there leaves; None where it says nothing.

    Raises Failure as the host does.
    """
    before = time.time()
    done = host.exec(ASK)
    told = done.out.strip()
    return clock({"clock": [told, told]}, before, time.time())
