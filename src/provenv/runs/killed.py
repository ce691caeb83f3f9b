"""Whether it was for memory that a process got SIGKILL: what the kernel's counter and the last sample say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import Text, text
from ..model.diagnosis import Advice, Candidate, Diagnosis
from ..model.resources import Sample
from .control_groups import read_text
from .mending import KILLED
from .sample_lines import sample_of
from .seen import last_records

MEMORY = "host-oom-killed"
ELSE = "killed-from-outside"
BARE = frozenset(("killed-alone", "killed-shell", "killed-at-end", "sigkill", "code-137"))
"""Patterns of the rule that say no more than that it was SIGKILL."""
PLENTY, LEAST = 0.1, 1 << 30
"""The share of memory, and the bytes, with which there was enough left for a second more."""


def killed_for_memory() -> int | None:
    """Return how many processes this machine's kernel has ended for memory; None where it doesn't tell.

    It counts those of control groups as well (Linux 4.13: vmstat's `oom_kill`, not of a namespace).
    """
    for line in read_text("/proc/vmstat").splitlines():
        name, _, value = line.partition(" ")
        if name == "oom_kill" and value.isdecimal():
            return int(value)
    return None


def last_sample(path: Path) -> Sample | None:
    """Return the last sample of an attempt; None where there is none."""
    return next((one for said in last_records(path) if (one := sample_of(said)) is not None), None)


def judged(diagnosis: Diagnosis, code: int, grown: int | None, last: Sample | None) -> Diagnosis:
    """Return a diagnosis with what speaks for and against the memory, where all that is known is SIGKILL.

    `grown` is by how many the kernel's counter grew meanwhile, None where it has none.
    """
    first = diagnosis.candidates[0] if diagnosis.candidates else None
    if code != KILLED or first is None or first.cause != MEMORY:
        return diagnosis
    if any(quote.name not in BARE for quote in first.quotes):
        return diagnosis
    machine = (*first.machine, *_seen(grown, last))
    if grown:
        return _with(diagnosis, replace(first, machine=machine))
    if last is not None and _plenty(last):
        other = replace(
            first,
            cause=ELSE,
            what=text("runs.killed.else"),
            why=text("runs.killed.else_why"),
            machine=machine,
            remedies=(Advice(text("runs.killed.who")),),
            confirm=(),
            references=(),
        )
        return replace(_with(diagnosis, other), cause=ELSE)
    guess = replace(
        first, what=text("runs.killed.perhaps"), why=text("runs.killed.perhaps_why"), machine=machine
    )
    return _with(diagnosis, guess)


def _seen(grown: int | None, last: Sample | None) -> tuple[Text, ...]:
    told = []
    if last is not None and last.left is not None:
        told.append(text("runs.killed.left", left_bytes=last.left, used_bytes=last.memory))
    if grown is not None:
        told.append(text("runs.killed.counted", n=grown) if grown else text("runs.killed.none_counted"))
    return tuple(told) or (text("runs.killed.unknown"),)


def _plenty(last: Sample) -> bool:
    return last.left is not None and last.left >= max(LEAST, PLENTY * (last.left + last.memory))


def _with(diagnosis: Diagnosis, first: Candidate) -> Diagnosis:
    return replace(diagnosis, candidates=(first, *diagnosis.candidates[1:]))
