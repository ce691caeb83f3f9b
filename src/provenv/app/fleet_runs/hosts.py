"""The hosts of a run as they come and go: lost ones are reached for again, ever more rarely."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...errors import Failure, Problem, Text, text
from ...runs.events import Events, Heard
from ...runs.on_hosts import next_try
from .parts import HostOf, Part

SILENT = 12.0
"""Seconds without a word after which a host is lost; by then its agent has ended everything there."""
LAST = 6.0
"""Seconds that agents get to end what is left, and themselves."""

Open = Callable[[str, Events], Part]
"""Makes a host ready and starts the agent there. Raises Failure."""


@dataclass(frozen=True)
class Opening:
    """A host that is being reached, by a thread of its own."""

    name: str

    def take(self, event: Heard) -> None:
        """Nothing waits for it."""


class Hosts:
    """All hosts of one run. `close` has to be called."""

    def __init__(
        self,
        order: Sequence[str],
        parts: Sequence[Part],
        absent: Sequence[tuple[str, Problem]],
        open_host: Open,
        events: Events,
        tell: Callable[[Text], object],
    ) -> None:
        by_name = {one.place.name: one for one in parts}
        away = dict(absent)
        self._open, self._events, self._tell = open_host, events, tell
        self._closed = False
        self.all = {name: HostOf(name, by_name.get(name), problem=away.get(name)) for name in order}
        for one in self.all.values():
            if one.part is None:
                self._missed(one)

    @property
    def here(self) -> list[HostOf]:
        """Return those that can be talked with."""
        return [one for one in self.all.values() if one.here]

    @property
    def away(self) -> list[str]:
        """Return the names of the others."""
        return [one.name for one in self.all.values() if not one.here]

    def of(self, event: Heard) -> HostOf | None:
        """Return the host that an event is from; None where that was given up before."""
        return next((one for one in self.here if one.part and one.part.agent is event.source), None)

    def silent(self) -> list[HostOf]:
        """Return those that are here and say nothing."""
        return [one for one in self.here if one.part is not None and one.part.agent.silent > SILENT]

    def lost(self, host: HostOf) -> None:
        """Give a host up, until it answers again."""
        part, host.part = host.part, None
        if part is not None:
            part.agent.cut()
            host.problem = part.agent.problem
            threading.Thread(target=part.agent.wait, args=(LAST,), daemon=True).start()
        self._missed(host)
        if host.takes_part and not host.ended:
            host.lost = True
            self._tell(text("runs.hosts.lost", host=host.name))

    def reach(self) -> None:
        """Reach for those that are away, when it is time."""
        now = time.monotonic()
        for one in self.all.values():
            if not one.here and not one.trying and now >= one.next_try:
                one.trying = True
                threading.Thread(target=self._try, args=(one.name,), daemon=True).start()

    def reached(self, event: Heard) -> None:
        """Hear what came of it."""
        host = self.all[event.source.name] if isinstance(event.source, Opening) else None
        if host is None:
            return
        host.trying = False
        if event.kind == "absent":
            host.problem = event.told["problem"]
            self._missed(host)
            return
        host.part = event.told["part"]
        self._tell(text("runs.hosts.back", host=host.name))

    def listen_again(self) -> None:
        """Begin anew to count how long each is silent: it was we who did not listen."""
        for one in self.here:
            if one.part is not None:
                one.part.agent.listen_again()

    def close(self) -> None:
        """End everything on every host, and the connections."""
        self._closed = True
        agents = [one.part.agent for one in self.here if one.part is not None]
        for agent in agents:
            agent.tell("kill")
            agent.leave()
        waiting = [threading.Thread(target=agent.wait, args=(LAST,), daemon=True) for agent in agents]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join(3 * LAST)
        for one in self.all.values():
            one.part = None

    def _try(self, name: str) -> None:
        opening = Opening(name)
        try:
            part = self._open(name, self._events)
        except Failure as failure:
            self._events.put(Heard(opening, "absent", {"problem": failure.problems[0]}))
            return
        if self._closed:
            part.agent.leave()
            part.agent.wait(LAST)
            return
        self._events.put(Heard(opening, "joined", {"part": part}))

    def _missed(self, host: HostOf) -> None:
        host.losses += 1
        host.next_try = time.monotonic() + next_try(host.losses)
