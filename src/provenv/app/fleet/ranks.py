"""One rank of a process group on each host, all at once; nothing of it is left, however it ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import Failure
from ...hosts.process import GRACE
from ...hosts.ssh import SshChild
from ...model.channel import Host
from ...model.fleet import HostResult
from ...model.meeting import Meeting
from ...proof.between import Rank
from ..fleet_up.places import Place
from .each import on_each
from .talk import begun_by

SOURCE = Path(__file__).resolve().parent.parent.parent / "payload" / "between_ranks.py"
BOOTSTRAP = (
    "import json, sys\n"
    "job = json.loads(sys.stdin.buffer.read().decode('utf-8'))\n"
    "exec(compile(job.pop('source'), 'between_ranks.py', 'exec'), {'__name__': 'ranks', 'JOB': job})\n"
)
SIZES = (1 << 20, 8 << 20, 64 << 20)
"""Bytes that are summed, from what is bound by latency to what is bound by the line."""
START = 120.0
"""Seconds in which all ranks have to come to the store, torch imported."""
WAIT = 30.0
"""Seconds that a rank waits for the others in one operation."""
LIMIT = 240.0
BUDGET = 10.0
"""Seconds that one size may take; a line on which the next would take longer has been measured."""
AFTER = 5.0
"""Seconds that the others get when one has come to a bad end, to say what they saw of it."""
OUTPUT = 4000
QUIET = {"TORCH_CPP_LOG_LEVEL": "ERROR"}
"""Of addresses without a name, as most hosts have in a private network, torch warns at every connection."""


class OneRank:
    """One rank on its host; `close` ends it there from another thread, and does not wait for that."""

    def __init__(self, place: Place) -> None:
        self.name = place.name
        self._host = begun_by(place)
        self._child: SshChild | None = None
        self._said, self._errors = bytearray(), bytearray()
        self.ended = False
        # what app.fleet.each may use of a host
        self.exec, self.put, self.get = self._host.exec, self._host.put, self._host.get

    def run(self, python: str, job: bytes, environment: Mapping[str, str], limit: float) -> Rank:
        """Run it and return what came of it. Raises Failure where it could not begin."""
        deadline = time.monotonic() + limit
        self._child = child = self._host.begin(
            [python, "-I", "-c", BOOTSTRAP], stdin=job, environment=environment
        )
        finished = False
        try:
            finished = child.channel.pump(deadline, self._take)
        finally:
            if not finished:
                self.ended = True
                child.end(self._take)
        try:
            child.finish(timed_out=not finished)
        except Failure as failure:
            if not child.channel.began:
                raise
            # the line was lost after it had begun: what it told until then is known
            return self._rank(None, failure)
        return self._rank(child.channel.code, None)

    def _rank(self, code: int | None, failure: Failure | None) -> Rank:
        steps = []
        for line in bytes(self._said).decode("utf-8", "replace").splitlines():
            try:
                told: Any = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict) and "step" in told:
                steps.append(told)
        output = bytes(self._errors[-OUTPUT:]).decode("utf-8", "replace")
        lost = failure.problems[0].what if failure is not None else None
        return Rank(self.name, tuple(steps), code, self.ended, lost, output)

    def _take(self, stream: str, piece: bytes) -> None:
        into = self._said if stream == "stdout" else self._errors
        into += piece

    def close(self) -> None:
        """Have it ended. May be called again and again."""
        child = self._child
        if child is not None and child.channel.watch is not None and not self.ended:
            self.ended = True
            threading.Thread(target=child.ask_to_end, daemon=True).start()


def run_ranks(
    places: Sequence[Place],
    number: int,
    meeting: Meeting,
    environments: Mapping[str, Mapping[str, str]],
    *,
    sizes: Sequence[int] = SIZES,
    wait: float = WAIT,
    limit: float = LIMIT,
) -> tuple[Rank, ...]:
    """Run one rank on each host, in the environment of generation `number`, and return what came of each.

    `wait` seconds bound one operation, `limit` all of it. When one ends badly the others get a few seconds.
    """
    ranks = {one.name: OneRank(one) for one in places}
    by_name = {one.name: one for one in places}
    numbers = {one.name: index for index, one in enumerate(places)}
    shared = {
        "source": SOURCE.read_text("utf-8"),
        "world": len(places),
        "address": meeting.head.address,
        "port": meeting.port,
        "start": START,
        "wait": wait,
        "limit": limit - GRACE,
        "sizes": list(sizes),
        "budget": BUDGET,
    }

    def act(name: str, _: Host) -> Rank:
        job = json.dumps({**shared, "rank": numbers[name]}).encode()
        # an interface that the user has set for gloo or NCCL is what a run would have too
        environment = {**meeting.environment(name), **environments[name], **QUIET}
        return ranks[name].run(by_name[name].python(number), job, environment, limit)

    waiting: list[threading.Timer] = []

    def came(one: HostResult[Rank]) -> None:
        if waiting or (one.value is not None and one.value.code == 0):
            return
        waiting.append(threading.Timer(AFTER, _close, (tuple(ranks.values()),)))
        waiting[0].start()

    try:
        found = on_each(tuple(ranks.items()), act, at_once=len(ranks), progress=came)
    finally:
        for timer in waiting:
            timer.cancel()
            timer.join()
    return tuple(
        one.value or Rank(one.host, problem=one.problem.what if one.problem is not None else None)
        for one in found
    )


def _close(ranks: Sequence[OneRank]) -> None:
    for one in ranks:
        one.close()
