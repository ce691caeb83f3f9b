"""A run from its first attempt to its last word: started, watched, started again, and all of it recorded."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from queue import Empty
from typing import Protocol

from ..errors import Failure, Problem, Text, problem, text
from ..model.diagnosis import Diagnosis
from ..model.runs import Attempt, RunEnd, RunRecord, RunState
from .events import INT, LEAVING, Events, Heard, Signalled, arriving
from .folder import RunFolder
from .group import run_group
from .job import Callbacks, Command, Ended, Job, Limits
from .keeper import Keeper
from .killed import judged, killed_for_memory, last_sample
from .last_words import kept, last_words
from .mending import KILLED
from .policy import Ending, GiveUp, Outcome, Restart, decide
from .ports import Ports, free_ports
from .program import Code, resolve
from .ranks import ranks, told_where
from .recording import append_attempt, begin, begin_attempt, finish
from .signals import POLL

ADDRESS = "127.0.0.1"
NONE = Ports(0, 0, ())
STATES: Mapping[Outcome, RunState] = {
    "done": "done",
    "died": "failed",
    "hung": "failed",
    "overdue": "failed",
    "stuck": "failed",
    "stopped": "stopped",
    "preempted": "preempted",
}

Diagnose = Callable[[bytes, int], Diagnosis | None]
"""Takes what the process that died first had printed, and its code as a shell says it."""


@dataclass(frozen=True)
class Supervised:
    """A run that is over: its last word, its attempts, and what of the record could not be written."""

    end: RunEnd
    attempts: tuple[Attempt, ...]
    findings: tuple[Problem, ...] = ()


class Attempts(Protocol):
    """Who carries out the attempts of a run, one after the other."""

    def run(self, number: int) -> Ended:
        """Run the attempt with this number, from 1, to its end: nothing of it lives then."""

    def judged(self, number: int, ended: Ended, found: Diagnosis) -> Diagnosis:
        """Return what the rules found of an attempt's first dead process, with what else is known of it."""


def supervise(
    paths: RunFolder,
    record: RunRecord,
    job: Job,
    *,
    difference: bytes = b"",
    diagnose: Diagnose = lambda _log, _code: None,
    callbacks: Callbacks | None = None,
) -> Supervised:
    """Run a job to its end under supervision, and record it in `paths`; return what was recorded.

    Must be called in the main thread to deal with signals. `record` gets our process's id and the job's
    numbers; `difference` is the code's. Raises Failure with 127 or 126 where the command isn't there or not
    executable, 125 where nothing can be recorded; what a callback raises comes through, and the run is
    recorded as failed.
    """
    if not os.path.isdir(job.folder):
        raise Failure(problem("PV609", folder=job.folder, why=text("PV609.why")), exit_code=Code.OURS)
    program = resolve(job.argv, job.environment, job.folder)
    told = callbacks or Callbacks()

    def here(events: Events, keeper: Keeper) -> Attempts:
        return _Here(paths, job, program, events, keeper, told)

    return watched(paths, record, job, here, difference=difference, diagnose=diagnose, callbacks=told)


def watched(
    paths: RunFolder,
    record: RunRecord,
    job: Job,
    begin_with: Callable[[Events, Keeper], Attempts],
    *,
    difference: bytes = b"",
    diagnose: Diagnose,
    callbacks: Callbacks,
) -> Supervised:
    """Run and record a job whose attempts are carried out by what `begin_with` returns; see `supervise`."""
    record = replace(record, pid=os.getpid(), processes=job.world, retries=job.retries)
    with arriving() as events:
        held = begin(paths, record, difference)
        keeper = Keeper(str(paths.path))
        run = _Run(paths, job.retries, begin_with(events, keeper), events, diagnose, callbacks)
        try:
            return run.to_its_end()
        finally:
            run.last_word_if_none()
            keeper.end()
            os.close(held)


class _Here:
    """Attempts on this machine."""

    def __init__(
        self,
        paths: RunFolder,
        job: Job,
        program: str,
        events: Events,
        keeper: Keeper,
        callbacks: Callbacks,
    ) -> None:
        self._paths = paths
        self._job = job
        self._command = Command(program, job.argv, job.folder, job.lease)
        self._events = events
        self._keeper = keeper
        self._callbacks = callbacks
        self._killed: int | None = None

    def run(self, number: int) -> Ended:
        self._killed = killed_for_memory()
        job = self._job
        environments = ranks(
            job.world,
            address=ADDRESS,
            port=free_ports(job.world, ADDRESS) if job.world > 1 else NONE,
            base_environment=job.environment,
            devices=job.devices,
            apart=job.apart,
            visible=job.visible,
            run_id=self._paths.id,
            attempt=number,
            retries=job.retries,
            hooks=job.hooks,
        )
        told = [
            told_where(
                one,
                seen=str(self._paths.seen(number, rank)),
                stacks=str(self._paths.stacks(number, rank)),
                grace=job.grace,
            )
            for rank, one in enumerate(environments)
        ]
        return run_group(
            self._command,
            told,
            paths=self._paths,
            attempt=number,
            limits=Limits(job.grace, job.quiet, job.patience),
            events=self._events,
            keeper=self._keeper,
            callbacks=self._callbacks,
        )

    def judged(self, number: int, ended: Ended, found: Diagnosis) -> Diagnosis:
        if ended.code != KILLED:
            return found
        now = killed_for_memory()
        grown = None if now is None or self._killed is None else now - self._killed
        return judged(found, ended.code, grown, last_sample(self._paths.resources(number)))


class _Run:
    """A run that is going on."""

    def __init__(
        self,
        paths: RunFolder,
        retries: int,
        group: Attempts,
        events: Events,
        diagnose: Diagnose,
        callbacks: Callbacks,
    ) -> None:
        self._paths = paths
        self._retries = retries
        self._group = group
        self._events = events
        self._diagnose = diagnose
        self._callbacks = callbacks
        self._began = time.monotonic()
        self._attempts: list[Attempt] = []
        self._endings: list[Ending] = []
        self._findings: list[Problem] = []
        self._said_last = False

    def to_its_end(self) -> Supervised:
        """Start attempts until it is over."""
        while True:
            number = len(self._attempts) + 1
            began = _now()
            ended = self._attempt(number)
            diagnosis = self._answer(number, ended)
            if ended.goes_on is not None:
                self._keep(_recorded(number, began, ended, diagnosis, Restart(0.0, ended.goes_on)))
                continue
            self._endings.append(self._ending(number, ended, diagnosis))
            decision = decide(self._endings, self._retries, jitter=random.random())  # noqa: S311 - no secret
            self._keep(_recorded(number, began, ended, diagnosis, decision))
            if isinstance(decision, GiveUp):
                return self._over(STATES[ended.outcome], ended.code, decision.why or ended.why)
            over = self._interrupted(decision.after)
            if over is not None:
                return over

    def last_word_if_none(self) -> None:
        """Say that it failed, where it was broken off by a failure of ours."""
        if not self._said_last:
            self._finish(RunEnd("failed", int(Code.OURS), _now(), self._seconds(), text("runs.why.ours")))

    def _attempt(self, number: int) -> Ended:
        begin_attempt(self._paths, number)
        ended = self._group.run(number)
        if ended.hang is not None:
            self._findings.append(ended.hang)
        if ended.lost_log:
            self._find(str(self._paths.attempt(number)), text("PV1152.log"))
        return ended

    def _words(self, number: int, ended: Ended) -> bytes:
        """Return what the process that ended first had printed; nothing where none did by itself."""
        if ended.outcome == "died" and ended.first is None and ended.where is None:
            return b""
        return kept(ended.where or self._paths.log(number, ended.first or 0))

    def _answer(self, number: int, ended: Ended) -> Diagnosis | None:
        """Return what the rules say of what the first dead process printed."""
        if ended.outcome != "died" or (ended.first is None and ended.where is None):
            return None
        found = self._diagnose(self._words(number, ended), ended.code)
        return None if found is None else self._group.judged(number, ended, found)

    def _ending(self, number: int, ended: Ended, diagnosis: Diagnosis | None) -> Ending:
        exception, words = last_words(self._words(number, ended))
        return Ending(
            ended.outcome,
            ended.code,
            ended.seconds,
            ended.began_at,
            ended.reached,
            words,
            exception if ended.outcome == "died" else "",
            None if diagnosis is None else diagnosis.cause,
        )

    def _keep(self, attempt: Attempt) -> None:
        """Record an attempt and tell of it, before the next one is waited for: we may be killed then."""
        self._attempts.append(attempt)
        try:
            append_attempt(self._paths, attempt)
        except OSError as error:
            self._find(str(self._paths.attempts), text("PV1150.why", reason=error.strerror or "?"))
        self._callbacks.ended(attempt)

    def _interrupted(self, seconds: float) -> Supervised | None:
        """Wait for the next attempt; return the end where we are told to leave meanwhile."""
        code, number = self._attempts[-1].code, len(self._attempts) + 1
        self._callbacks.told(text("runs.told.again", code=code, seconds=round(seconds), number=number))
        arrived = _wait(self._events, seconds)
        if not arrived:
            return None
        code = 128 + arrived
        if arrived in LEAVING and not self._asked_to_stop():
            return self._over("preempted", code, text("runs.why.preempted", code=code))
        return self._over("stopped", code, text("runs.why.stopped", code=code))

    def _over(self, state: RunState, code: int, why: Text | None) -> Supervised:
        if state == "preempted" and self._asked_to_stop():
            state = "stopped"
        end = RunEnd(state, code, _now(), self._seconds(), why)
        self._finish(end)
        return Supervised(end, tuple(self._attempts), tuple(self._findings))

    def _finish(self, end: RunEnd) -> None:
        self._said_last = True
        try:
            finish(self._paths, end)
        except OSError as error:
            self._find(str(self._paths.end), text("PV1150.why", reason=error.strerror or "?"))

    def _asked_to_stop(self) -> bool:
        """Return whether it was the user who told us to leave (`runs stop` leaves a note)."""
        return self._paths.stopped.exists()

    def _find(self, path: str, why: Text) -> None:
        self._findings.append(problem("PV1152", path=path, why=why, severity="warning"))

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def _recorded(
    number: int, began: str, ended: Ended, diagnosis: Diagnosis | None, decision: Restart | GiveUp
) -> Attempt:
    return Attempt(
        number,
        began,
        ended.seconds,
        ended.code,
        ended.ranks,
        diagnosis,
        # what happened says more than that it is tried again
        ended.why or decision.why,
        restarted=isinstance(decision, Restart),
        waited=decision.after if isinstance(decision, Restart) else 0.0,
        hang=ended.hang,
    )


def _wait(events: Events, seconds: float) -> int:
    """Wait, unless a signal says to leave: return that one, else 0."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 or not events.empty():
        with suppress(Empty):
            event = events.get(timeout=max(0.0, min(POLL, left)))
            if isinstance(event, Signalled):
                if event.number in (INT, *LEAVING):
                    return event.number
            elif isinstance(event, Heard):
                event.source.take(event)
            else:
                event.member.take(event)
    return 0


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
