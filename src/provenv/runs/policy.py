"""Whether a training is started again after an attempt, and when: values in, a decision out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import Text, text
from .mending import mending

Outcome = Literal["done", "died", "hung", "stopped", "preempted", "overdue", "stuck"]
"""How an attempt ended: all with 0; one died and the others were ended; no step was made for too long; its
user ended it; it was told to leave and did within the time; it was told to, and was killed or failed;
the kernel could not end a process of it."""

FIRST, MOST = 1.0, 120.0
"""Seconds until the second of two attempts in a row that both made no step, and at most."""
KILLED = (137, 143)
"""Codes of a process that something else ended: SIGKILL, SIGTERM."""
SOON = 60.0
"""Seconds after its start within which the same end twice means that it will always end so."""


@dataclass(frozen=True)
class Ending:
    """What decides of an attempt that ended.

    `began_at` is the step of the whole training at which it began (a resumed one), `reached` where it
    ended; equal where no step was seen. `words` are its last ones without what differs each time; `exception`
    is what ended the program, `cause` the diagnosis's.
    """

    outcome: Outcome
    code: int
    seconds: float
    began_at: int = 0
    reached: int = 0
    words: str = ""
    exception: str = ""
    cause: str | None = None

    @property
    def moved(self) -> bool:
        """Return whether the attempt made a step."""
        return self.reached > self.began_at


@dataclass(frozen=True)
class Restart:
    """Start it again after so many seconds."""

    after: float
    why: Text


@dataclass(frozen=True)
class GiveUp:
    """Don't start it again; None where there is no reason to be told: it is done."""

    why: Text | None


def decide(attempts: Sequence[Ending], retries: int, *, jitter: float = 1.0) -> Restart | GiveUp:
    """Return what follows the last of `attempts` (all so far, in their order).

    `retries` is how often it may be started again in all, `jitter` a random number from 0 to 1: the wait is
    between half and all of what the back-off says, so that many runs don't come back in the same moment.
    An attempt that made steps is followed at once: it lost something that is gone, not something that waits.
    """
    last = attempts[-1]
    if last.outcome == "done":
        return GiveUp(None)
    told = _told(last)
    if told is not None:
        return GiveUp(told)
    if last.outcome == "died" and last.code == 130:
        return GiveUp(text("runs.why.interrupted"))
    refused = _cannot_succeed(attempts)
    if refused is not None:
        return GiveUp(refused)
    if len(attempts) > retries:
        if retries == 0:
            return GiveUp(text("runs.why.none_asked"))
        return GiveUp(text("runs.why.used_up", n=retries))
    return Restart(_wait(attempts, jitter), text("runs.why.again", n=retries - len(attempts) + 1))


def _told(last: Ending) -> Text | None:
    """Return why an attempt that didn't end by itself isn't followed by another."""
    if last.outcome == "stopped":
        return text("runs.why.stopped", code=last.code)
    if last.outcome == "preempted":
        return text("runs.why.preempted", code=last.code)
    if last.outcome == "overdue":
        return text("runs.why.overdue", code=last.code)
    return text("runs.why.stuck", code=last.code) if last.outcome == "stuck" else None


def _cannot_succeed(attempts: Sequence[Ending]) -> Text | None:
    """Return why another attempt would end as the last one did; None where it may not."""
    last = attempts[-1]
    if last.outcome == "hung":
        return None
    can = mending(last.cause, last.exception, last.code)
    if can == "never" or (can == "later" and not last.moved):
        if last.cause is not None and last.cause != "none":
            return text("runs.why.cause", cause=last.cause)
        if last.exception:
            return text("runs.why.exception", exception=last.exception)
        return text("runs.why.code", code=last.code)
    if len(attempts) > 1 and _same(attempts[-2], last):
        return text("runs.why.same", step=last.reached, words=last.words)
    return None


def _same(one: Ending, other: Ending) -> bool:
    """Return whether two attempts ended at the same step with the same words.

    Without a step between them, both must have ended soon after their start: a later end depends on more.
    Who was killed had no last words: what its log ends with has nothing to do with it.
    """
    if not other.words or other.code in KILLED:
        return False
    if (one.words, one.code, one.reached) != (other.words, other.code, other.reached):
        return False
    return other.moved or max(one.seconds, other.seconds) < SOON


def _wait(attempts: Sequence[Ending], jitter: float) -> float:
    """Return the seconds until the next attempt: none after one that made steps, then doubling."""
    idle = 0
    for one in reversed(attempts):
        if one.moved:
            break
        idle += 1
    if idle == 0:
        return 0.0
    return min(MOST, FIRST * 2.0 ** min(idle - 1, 30)) * (0.5 + 0.5 * min(1.0, max(0.0, jitter)))
