"""One attempt: all processes of one command started, watched, and ended together.

Each process is in a session of its own, so that what the terminal sends (Ctrl-C) reaches it once: by us.
Whatever ends one with another code than 0 ends all: SIGTERM, then SIGKILL to its whole group after a while.

    SIGINT          to all groups, as a terminal would; the second one kills
    SIGTERM SIGHUP  "save and leave": to each training process alone, since one whose workers are ended can't
                    save (DataLoader); what is there after the grace time is killed
    SIGTSTP         all stop, then we do, as the shell's job control expects
    others          handed on
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty

from ..errors import Problem, Text, text
from ..model.runs import RankEnd
from .events import INT, LEAVING, STOP, TERM, Events, Exited, Heard, Printed, Signalled
from .explaining import IN_COLLECTIVES, explain
from .folder import RunFolder
from .group_end import Asked, outcome_of, shell_code
from .job import Callbacks, Command, Ended, Limits
from .keeper import Keeper
from .living import send
from .member import Member
from .pseudo_terminal import as_it_was
from .signals import POLL
from .steps import Steps

KILLED = 10.0
"""Seconds that are waited for the kernel to end what was killed (a process in a driver's call)."""
STUCK = 60.0
"""Seconds after which a process that was killed is taken for one that the kernel can't end."""
DRAINED = 60.0
"""Seconds that a slow reader of ours has to take the last words."""
STEP, QUIET = 0.02, 0.2
LOOK = 5.0
"""Seconds between two looks at the steps of the processes, at most."""
GATHERING = 3.0
"""How many times the patience a group gets for its first step: it may compile, or fetch, before that."""
LONGER = 5.0
"""How many times as long as the longest wait for a step so far another one must be to be explained."""


def run_group(
    command: Command,
    environments: Sequence[Mapping[str, str]],
    *,
    paths: RunFolder,
    attempt: int,
    limits: Limits,
    events: Events,
    keeper: Keeper,
    callbacks: Callbacks,
) -> Ended:
    """Run one attempt of as many processes as there are environments, to its end; return how it ended.

    Nothing of it lives when this returns, or raises: Failure where a process can't be started, whatever a
    callback raises, OSError where a log can't be made. What left its session by itself is not ours any more.
    """
    group = _Group(paths, attempt, limits, events, keeper, callbacks)
    with as_it_was(0):
        try:
            group.start(command, environments)
            return group.attend()
        finally:
            group.close()


@dataclass
class _Group:
    paths: RunFolder
    attempt: int
    limits: Limits
    events: Events
    keeper: Keeper
    callbacks: Callbacks
    members: list[Member] = field(default_factory=list)
    steps: list[Steps] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    first: Member | None = None
    parting: bool = False
    hung: Text | None = None
    explained: Problem | None = None
    longest: float = 0.0
    folder: str = ""
    rows: int | None = None
    interrupted: int = 0
    left: int = 0
    killed: bool = False
    sweeping: bool = False
    deadline: float = math.inf
    moved: float = field(default_factory=time.monotonic)
    patience: float = math.inf
    next_look: float = math.inf
    next_tick: float = math.inf

    def start(self, command: Command, environments: Sequence[Mapping[str, str]]) -> None:
        """Start all processes."""
        self.folder = command.folder
        for rank, environment in enumerate(environments):
            member = Member(
                rank,
                command.program,
                command.argv,
                environment=environment,
                folder=command.folder,
                log=self.paths.log(self.attempt, rank),
                lease=command.lease,
                alone=len(environments) == 1,
                events=self.events,
            )
            self.members.append(member)
            self.keeper.began(member.pid)
            self.steps.append(Steps(self.paths.seen(self.attempt, rank)))
        self.next_look = time.monotonic() + self._pace()
        self.next_tick = time.monotonic() + self.callbacks.every
        self.callbacks.began(self.attempt, tuple(one.pid for one in self.members))

    def attend(self) -> Ended:
        """Watch until the last process has ended and nothing of its group is left; return how it ended."""
        while not all(one.ended for one in self.members):
            self._pump(min(self.deadline, self.next_look, self.next_tick, self.patience))
            now = time.monotonic()
            if now >= self.patience:
                break
            if now >= self.next_tick:
                self.callbacks.ticked()
                self._fit()
                self.next_tick = now + self.callbacks.every
            if now >= self.deadline:
                self._kill()
            if now >= self.next_look:
                self._look(now)
        seconds = time.monotonic() - self.began
        self._sweep()
        return self._ended(seconds)

    def close(self) -> None:
        """End whatever is left of the group, when attending was broken off too; let its files go."""
        self.callbacks = Callbacks()  # one of them may be what broke it off
        for one in self.members:
            if one.lives:
                one.kill()
        self._until_gone(time.monotonic() + KILLED)
        for one in self.members:
            if not one.lives:
                self.keeper.gone(one.pid)
            one.close()

    def _pump(self, until: float) -> bool:
        """Take the next event, waiting for it until then; return whether there was one."""
        wait = min(POLL, max(0.0, until - time.monotonic()))
        try:
            event = self.events.get(timeout=wait)
        except Empty:
            return False
        if isinstance(event, Signalled):
            self._signalled(event.number)
            return True
        if isinstance(event, Heard):
            event.source.take(event)
            return True
        if isinstance(event, Printed):
            self.callbacks.said(event.member.rank, event.stream, event.words)
        event.member.take(event)
        if isinstance(event, Exited) and event.member in self.members:
            self._exited(event.member)
        return True

    def _exited(self, member: Member) -> None:
        """Deal with the end of one process."""
        if member.code == 0:
            return
        # what it has started goes as well: nobody is left to whom it could be of use
        if not self.left:
            member.signal_group(TERM)
        if self.first is None and not self.parting and not self.left:
            # where several have ended by now, the one that was killed did not end for another's sake
            killed = [one for one in self.members if (one.died or 0) < 0]
            self.first = member if member in killed or not killed else killed[0]
            others = [one for one in self.members if not one.ended]
            if self.interrupted:
                # they were told already, and may be saving
                self.deadline = min(self.deadline, time.monotonic() + self.limits.grace)
            elif others:
                self.callbacks.told(
                    text("runs.told.first", rank=self.first.rank, code=shell_code(self.first.died))
                )
                self._part()

    def _part(self) -> None:
        """Tell all to end, and kill what hasn't a moment later."""
        self.parting = True
        for one in self.members:
            one.signal(TERM)
        self.deadline = min(self.deadline, time.monotonic() + self.limits.parting)

    def _kill(self) -> None:
        self.killed = True
        self.deadline = math.inf
        self.patience = min(self.patience, time.monotonic() + STUCK)
        for one in self.members:
            one.kill()

    def _signalled(self, number: int) -> None:
        """Deal with a signal to us. When all have ended it is about what they left running."""
        if self.sweeping and number in (INT, *LEAVING):
            for one in self.members:
                one.kill()
            self.killed = self.killed or bool(self.left)
        elif number == INT:
            self._interrupt()
        elif number in LEAVING:
            self._leave(number)
        elif number == STOP:
            self._stop()
        elif number == getattr(signal, "SIGWINCH", None):
            self._fit(anew=True)
        elif number == getattr(signal, "SIGQUIT", None):
            for one in self.members:
                one.signal_group(number)
        else:
            self._send(number)

    def _fit(self, *, anew: bool = False) -> None:
        """Give each program the rows of the terminal that are its own, where they are others than before."""
        rows = self.callbacks.rows()
        if anew or rows != self.rows:
            self.rows = rows
            for one in self.members:
                one.resize(rows)

    def _interrupt(self) -> None:
        self.interrupted += 1
        if self.interrupted > 1 or self.left or self.parting:
            self._kill()
            return
        self.callbacks.told(text("runs.told.interrupted"))
        for one in self.members:
            one.signal_group(INT)

    def _leave(self, number: int) -> None:
        if self.left or self.parting:
            return
        self.left = number
        self.callbacks.told(text("runs.told.leaving", seconds=self.limits.grace))
        self._send(number)
        self.deadline = min(self.deadline, time.monotonic() + self.limits.grace)

    def _send(self, number: int) -> None:
        """Signal what trains in each group: the process that writes of its steps, or the one we started.

        Where a shell script is started, the training is its child; the script goes on when that has left.
        """
        for one, steps in zip(self.members, self.steps, strict=True):
            if one.ended:
                continue
            steps.look()
            send(steps.speaker(one.pid) or one.pid, number)

    def _stop(self) -> None:
        """Stop all and then ourselves; go on together."""
        if os.name == "nt":
            return
        for one in self.members:
            one.signal_group(getattr(signal, "SIGSTOP"))  # noqa: B009 - Windows has none
        before, stood = signal.signal(STOP, signal.SIG_DFL), time.monotonic()
        os.kill(os.getpid(), STOP)
        signal.signal(STOP, before)
        for one in self.members:
            one.signal_group(getattr(signal, "SIGCONT"))  # noqa: B009 - Windows has none
        now = time.monotonic()
        self.deadline += now - stood
        self.moved = now

    def _pace(self) -> float:
        return min(LOOK, (self.limits.quiet or LOOK) / 4, self.limits.patience / 4)

    def _look(self, now: float) -> None:
        """See whether any process came on; a group in which none did for too long hangs."""
        self.next_look = now + self._pace()
        stepped = any(one.steps for one in self.steps)
        # each is looked at: what it wrote is read on from there
        if sum(one.look() for one in self.steps):
            if stepped:
                self.longest = max(self.longest, now - self.moved)
            self.moved, self.explained = now, None
        busy = self.parting or self.left or self.interrupted
        stepped = any(one.steps for one in self.steps)
        at_work = stepped and not all(one.through for one in self.steps)
        # a group that never makes its first step may wait for a process that does not come
        gathering = len(self.members) > 1 and not stepped
        if busy or not (at_work or gathering):
            return
        still, quiet = now - self.moved, self.limits.quiet
        if gathering:
            if self.explained is None and still >= GATHERING * self.limits.patience:
                self._explain(still)
        elif quiet is not None and still >= quiet:
            self._explain(still)
            self.hung = text("runs.why.hung", seconds=round(still))
            self.callbacks.told(self.hung)
            self._part()
        elif self.explained is None and still >= max(self.limits.patience, LONGER * self.longest):
            self._explain(still)

    def _explain(self, seconds: float) -> None:
        """Find out where each process stands, and tell why they may."""
        known = self.explained is not None
        self.explained = explain(
            self.members,
            self.steps,
            paths=self.paths,
            attempt=self.attempt,
            folder=self.folder,
            seconds=seconds,
        )
        begun = any(one.steps for one in self.steps)
        if not known and (begun or self.explained.code in IN_COLLECTIVES):
            self.callbacks.told(self.explained.what)
            if self.explained.why is not None:
                self.callbacks.told(self.explained.why)

    def _sweep(self) -> None:
        """End what the processes have left running, and take their last words."""
        self.sweeping = True
        good = all(one.code == 0 for one in self.members) and not (self.left or self.interrupted)
        now = time.monotonic()
        if not self.killed and not self._until_gone(now + self.limits.linger if good else now):
            if good:
                self.callbacks.told(text("runs.told.left", n=sum(one.lives for one in self.members)))
            for one in self.members:
                one.signal_group(TERM)
            until = self.deadline if self.left else time.monotonic() + self.limits.parting
            gone = self._until_gone(min(until, time.monotonic() + self.limits.grace))
            if self.left and not gone:
                self.killed = True
        for one in self.members:
            if one.lives:
                one.kill()
        self._until_gone(time.monotonic() + KILLED)
        self._drain()

    def _until_gone(self, until: float) -> bool:
        """Wait till then until nothing of the groups lives; return whether so."""
        while any(one.lives for one in self.members):
            now = time.monotonic()
            if now >= until:
                return False
            self._pump(min(until, now + STEP))
        return True

    def _drain(self) -> None:
        """Take the last words; a stream that something outside the groups holds open isn't waited for."""
        until = time.monotonic() + DRAINED
        while any(one.reading for one in self.members) and time.monotonic() < until:
            if not self._pump(time.monotonic() + QUIET):
                break

    def _ended(self, seconds: float) -> Ended:
        codes = [None if one.code is None else shell_code(one.code) for one in self.members]
        asked = Asked(bool(self.interrupted), self.left, self.killed, self.hung is not None)
        first = None if self.first is None else shell_code(self.first.code)
        outcome, code = outcome_of(codes, asked, first, any_first=self.first is not None)
        ends = tuple(
            RankEnd(one.rank, code, one.seconds, first=one is self.first)
            for one, code in zip(self.members, codes, strict=True)
        )
        if sum(one.look() for one in self.steps):
            self.explained = None
        farthest = max(self.steps, key=lambda one: one.position)
        return Ended(
            outcome,
            code,
            ends,
            seconds,
            None if self.first is None else self.first.rank,
            farthest.resumed,
            farthest.position,
            self.hung,
            self.explained if code else None,
            any(one.lost_log for one in self.members),
        )
