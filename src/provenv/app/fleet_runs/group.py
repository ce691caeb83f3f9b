"""The attempts of a run on hosts: formations of those that are there, one after the other.

A formation is a rendezvous of its own: torch's elastic agent on each host, or processes with the plain
contract. Who takes part is decided here, since from here alone it is seen which host is lost: a link that is
down ends no connection, and what waits for it in a collective waits for half an hour. What ends a formation:

    all ended well          done
    a process died          the others are ended; the policy says whether and when it is tried again
    a host is lost          the others are ended, and form anew where they are enough; else it is waited for
    a host is back          all save and leave within the grace time, and form anew with it
    Ctrl-C, SIGTERM         as on this machine
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Sequence
from queue import Empty

from ...errors import Problem, Text, text
from ...model.diagnosis import Diagnosis
from ...model.host_names import folded
from ...runs.events import INT, LEAVING, STOP, TERM, Events, Heard, Signalled
from ...runs.folder import RunFolder
from ...runs.group_end import Asked, shell_code
from ...runs.job import Callbacks, Ended, Limits
from ...runs.on_hosts import Bounds, arranged, head_of
from ...runs.policy import Outcome
from ...runs.program import Code
from .ending import Asking, ended
from .formation import Formation, How, ports_of, start
from .hosts import SILENT, Hosts, Open, Opening
from .parts import HostOf, Part, RankOn
from .standing_still import StandingStill

POLL = 0.5
STUCK = 60.0
"""Seconds after which processes that were killed are taken for ones that the kernel can't end."""
AWAITED = 1800.0
"""Seconds that are waited for hosts without which nothing can go on."""
SETTLED = 20.0
"""Seconds that a formation gets before another host makes it form anew, if no step was seen of it."""
TOGETHER = 1.0
"""Seconds within which the deaths of processes are one event."""


class HostsGroup:
    """Carries out the attempts of one run (see runs.supervisor.Attempts). `close` has to be called."""

    def __init__(
        self,
        paths: RunFolder,
        how: How,
        parts: Sequence[Part],
        absent: Sequence[tuple[str, Problem]],
        open_host: Open,
        needed: Bounds,
        limits: Limits,
        events: Events,
        callbacks: Callbacks,
        labels: dict[int, str],
    ) -> None:
        self._labels = labels
        self._paths, self._how = paths, how
        self._needed, self._limits = needed, limits
        self._events, self._callbacks = events, callbacks
        self._hosts = Hosts(how.order, parts, absent, open_host, events, callbacks.told)
        self._head = ""
        self._begin_anew(0)

    def run(self, number: int) -> Ended:
        """Run the formation with this number to its end; nothing of it lives then."""
        self._begin_anew(number)
        told = self._gather()
        if told is not None:
            return told
        try:
            told = self._start()
            return self._attend() if told is None else told
        finally:
            self._formation.close()

    def judged(self, number: int, ended: Ended, found: Diagnosis) -> Diagnosis:
        """Return what the rules found as it is: what the system counted is the host's."""
        return found

    def close(self) -> None:
        """End everything on every host, and the connections."""
        self._hosts.close()

    def _begin_anew(self, number: int) -> None:
        self._number = number
        self._began = time.monotonic()
        self._members: tuple[HostOf, ...] = ()
        self._formation = Formation(self._paths, number)
        self._bad: list[tuple[float, HostOf, RankOn]] = []
        self._parting = self._growing = self._killed = False
        self._interrupted = self._left = 0
        self._hung: Text | None = None
        self._deadline = self._patience = math.inf
        self._still = StandingStill(self._formation, self._limits, self._ask_stacks, self._began)
        self._next_tick = self._began + self._callbacks.every
        for one in self._hosts.all.values():
            one.takes_part = False

    @property
    def _busy(self) -> bool:
        """Tell whether the formation is on its way to its end already."""
        return bool(self._parting or self._growing or self._left or self._interrupted)

    def _gather(self) -> Ended | None:
        """Wait until enough hosts are there; return how it ended where that does not come."""
        until = time.monotonic() + AWAITED
        told = False
        while len(self._hosts.here) < self._needed.least:
            if not told:
                missing = folded(self._hosts.away)
                self._callbacks.told(text("runs.hosts.waiting", hosts=missing, n=self._needed.least))
                told = True
            self._hosts.reach()
            self._pump(POLL)
            if self._interrupted or self._left:
                return self._before_it_began()
            if time.monotonic() > until:
                why = text("runs.why.hosts_away", hosts=folded(self._hosts.away))
                return Ended("died", int(Code.OURS), (), time.monotonic() - self._began, why=why)
        return None

    def _before_it_began(self) -> Ended:
        outcome: Outcome = "preempted" if self._left else "stopped"
        return Ended(outcome, 128 + (self._left or INT), (), time.monotonic() - self._began)

    def _start(self) -> Ended | None:
        """Begin a formation of the hosts that are there; return how it ended where it does not begin."""
        present = {one.name for one in self._hosts.here}
        self._head = head_of(self._how.order, present, self._head)
        names = arranged(self._how.order, present, self._head)
        self._members = tuple(self._hosts.all[name] for name in names)
        for one in self._members:
            one.begin()
            if one.part is not None:
                one.part.agent.tell("ports", **ports_of(one.part, self._how, is_head=one.name == self._head))
        until = time.monotonic() + SILENT
        while not self._formation.has_ports(self._members) and not any(one.lost for one in self._members):
            if time.monotonic() >= until:
                for one in self._members:
                    if one.name not in self._formation.ports:
                        self._lost(one)
            self._pump(POLL)
            self._look_for_silent()
        self._began = time.monotonic()
        self._still.again(self._began)
        if self._interrupted or self._left:
            return self._before_it_began()
        if any(one.lost for one in self._members):
            # it is told as any other loss; there is nothing to be ended
            for one in self._members:
                one.ended = True
            return None
        start(self._members, self._how, self._formation, self._number)
        self._callbacks.began(self._number, ())
        return None

    def _attend(self) -> Ended:
        """Watch until nothing of the formation lives on any host; return how it ended."""
        while not all(one.ended or one.lost for one in self._members):
            self._pump(min(POLL, max(0.0, self._deadline - time.monotonic())))
            now = time.monotonic()
            if now >= self._patience:
                break
            self._look_for_silent()
            if now >= self._next_tick:
                self._callbacks.ticked()
                self._next_tick = now + self._callbacks.every
            if now >= self._deadline:
                self._kill()
            self._look(now)
            if self._needed.elastic:
                self._hosts.reach()
                self._grow(now)
        return self._over_and_done()

    def _pump(self, wait: float) -> None:
        """Take the next event, waiting for it so many seconds."""
        try:
            event = self._events.get(timeout=wait)
        except Empty:
            return
        if isinstance(event, Signalled):
            self._signalled(event.number)
        elif isinstance(event, Heard):
            self._hear(event)
            event.source.take(event)

    def _hear(self, event: Heard) -> None:
        if isinstance(event.source, Opening):
            self._hosts.reached(event)
            return
        host = self._hosts.of(event)
        if host is None:
            return
        if event.kind == "gone":
            self._lost(host)
        elif event.told.get("f", self._number) == self._number:
            self._of_formation(host, event)

    def _of_formation(self, host: HostOf, event: Heard) -> None:
        formation, told = self._formation, event.told
        if event.kind == "out":
            rank = formation.rank(host, told["local"])
            if rank is not None:
                formation.files(rank).printed(told["s"], event.body)
                self._callbacks.said(rank, told["s"], event.body)
        elif event.kind in ("seen", "stacks"):
            rank = formation.rank(host, told["local"])
            if rank is not None:
                formation.files(rank).told(event.kind, event.body)
        elif event.kind == "began":
            self._labels[told["r"]] = formation.began(host, told["local"], told["r"])
        elif event.kind == "ports":
            formation.ports[host.name] = tuple(told["ports"])
        elif event.kind == "over":
            self._over(host, host.ranks[told["local"]], told["code"], told["seconds"])
        elif event.kind == "refused":
            host.refused = f"{told['path']}: {told['why']}"
            formation.complain(host, host.refused.encode() + b"\n")
            self._host_ended(host, Code.OURS)
        elif event.kind == "ended":
            self._host_ended(host, told["code"])
        elif event.kind in ("launcher", "complaint"):
            formation.complain(host, event.body)

    def _over(self, host: HostOf, one: RankOn, code: int | None, seconds: float) -> None:
        # torchrun ends the others of a host when one fails, and does not say how they did
        one.over, one.code, one.seconds = True, -TERM if code is None else code, seconds
        if one.code == 0 or self._left or self._growing:
            return
        now = time.monotonic()
        if self._parting and not (self._bad and now - self._bad[0][0] <= TOGETHER):
            return  # we ended it
        self._bad.append((now, host, one))
        if self._parting:
            return
        if self._interrupted:
            # they were told already, and may be saving
            self._deadline = min(self._deadline, time.monotonic() + self._limits.grace)
            return
        rank = -1 if one.rank is None else one.rank
        self._callbacks.told(text("runs.hosts.first", rank=rank, host=host.name, code=shell_code(one.code)))
        self._part()

    def _host_ended(self, host: HostOf, code: int | None) -> None:
        host.ended, host.code = True, code
        failed = code not in (0, None) and not any(one.code for one in host.ranks.values())
        if failed and not self._busy:
            self._callbacks.told(text("runs.hosts.launcher", host=host.name, code=shell_code(code)))
            self._part()

    def _part(self) -> None:
        """Tell all to end, and kill what hasn't a moment later."""
        self._parting = True
        self._tell("signal", number=TERM)
        self._deadline = min(self._deadline, time.monotonic() + self._limits.parting)

    def _kill(self) -> None:
        self._killed = not self._parting
        self._deadline = math.inf
        self._patience = min(self._patience, time.monotonic() + STUCK)
        self._tell("kill")

    def _tell(self, do: str, **told: object) -> None:
        for one in self._members:
            if one.part is not None and not one.ended:
                one.part.agent.tell(do, **told)

    def _ask_stacks(self) -> None:
        self._tell("stacks")

    def _signalled(self, number: int) -> None:
        if number == INT:
            self._interrupted += 1
            if not self._members:
                return
            if self._interrupted > 1 or self._left or self._parting:
                self._kill()
                return
            self._callbacks.told(text("runs.told.interrupted"))
            self._tell("signal", number=INT, group=True)
        elif number in LEAVING:
            if self._left or self._parting:
                return
            self._left = number
            if not self._members:
                return
            self._callbacks.told(text("runs.told.leaving", seconds=self._limits.grace))
            self._tell("signal", number=number)
            self._deadline = min(self._deadline, time.monotonic() + self._limits.grace)
        elif number == STOP:
            self._stop()

    def _stop(self) -> None:
        """Stop all and then ourselves; go on together."""
        self._tell("pause")
        before, stood = signal.signal(STOP, signal.SIG_DFL), time.monotonic()
        os.kill(os.getpid(), STOP)
        signal.signal(STOP, before)
        self._hosts.listen_again()
        self._tell("resume")
        now = time.monotonic()
        self._deadline += now - stood
        self._still.again(now)

    def _look(self, now: float) -> None:
        """Tell where the processes of a group stand that comes on no more, and end it where that is asked."""
        if self._busy:
            return
        known = self._still.explained
        seconds = self._still.look(now, self._members)
        found = self._still.explained
        if found is not None and found is not known:
            self._callbacks.told(found.what)
            if found.why is not None:
                self._callbacks.told(found.why)
        quiet = self._limits.quiet
        if quiet is not None and seconds is not None and seconds >= quiet:
            self._hung = text("runs.why.hung", seconds=round(seconds))
            self._callbacks.told(self._hung)
            self._part()

    def _look_for_silent(self) -> None:
        for one in self._hosts.silent():
            self._lost(one)

    def _lost(self, host: HostOf) -> None:
        self._hosts.lost(host)
        if host.lost and host.takes_part and not self._busy:
            self._part()

    def _grow(self, now: float) -> None:
        """Have all save and leave, where a host waits to take part."""
        waiting = [one for one in self._hosts.here if not one.takes_part]
        if not waiting or self._busy:
            return
        if any(one.steps for one in self._formation.steps.values()) or now - self._began > SETTLED:
            self._growing = True
            names = folded(one.name for one in waiting)
            self._callbacks.told(text("runs.hosts.growing", hosts=names, seconds=self._limits.grace))
            self._tell("signal", number=TERM)
            self._deadline = min(self._deadline, now + self._limits.grace)

    def _over_and_done(self) -> Ended:
        growing = tuple(one.name for one in self._hosts.here if not one.takes_part) if self._growing else ()
        found = ended(
            self._members,
            self._formation,
            [(host, one) for _, host, one in self._bad],
            Asking(
                Asked(bool(self._interrupted), self._left, self._killed, self._hung is not None),
                self._hung,
                growing,
                self._still.explained,
            ),
            self._needed,
            here=len(self._hosts.here),
            retries=self._how.retries,
            seconds=time.monotonic() - self._began,
        )
        if found.goes_on is not None:
            self._callbacks.told(found.goes_on)
        return found
