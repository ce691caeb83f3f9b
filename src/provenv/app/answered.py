"""What the rules say of a failure of our own commands, or of a command that `run` started."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..diagnosis.diagnose import diagnose
from ..engines.failures import PLAIN
from ..errors import Exit, Failure, Problem, Text
from ..model.evidence import Evidence
from .machine import machine
from .rules import known

if TYPE_CHECKING:
    from ..diagnosis.rule import Rule
    from ..model.diagnosis import Diagnosis
    from ..model.facts import Facts
    from .project import Project

SURE = 0.5
"""The share that the first cause needs to be told unasked."""

# what the user, or whoever reads our output, did on purpose
ON_PURPOSE = frozenset(
    128 + getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE")
    if hasattr(signal, name)
)
# what a shell prints when a signal ended a command: programs themselves can't
BY_SIGNAL = {
    "SIGKILL": "Killed",
    "SIGSEGV": "Segmentation fault (core dumped)",
    "SIGBUS": "Bus error (core dumped)",
    "SIGILL": "Illegal instruction (core dumped)",
    "SIGABRT": "Aborted (core dumped)",
    "SIGFPE": "Floating point exception (core dumped)",
}


def answered(failure: Failure, project: Project) -> Failure:
    """Return the failure with what the rules say of it, where they are sure of a cause.

    Read is what other programs said: uv's words, tracebacks of checks. What the user typed
    wrongly, or may not do, is no matter of the environment and comes back as it is.
    """
    if failure.exit_code not in (Exit.FAILED, Exit.UNPROVEN) or failure.diagnosis is not None:
        return failure
    log = "\n".join(_told(failure))
    found = _sure(log.encode(), project) if log else None
    if found is None:
        return failure
    return Failure(*failure.problems, exit_code=failure.exit_code, data=failure.data, diagnosis=found)


def answer_to_run(said: bytes, code: int, project: Project) -> Diagnosis | None:
    """Return what the rules say of a command that ended with `code` after it said this, if they do.

    The verdict `none` is an answer here where the user's own code is named.
    """
    if code == 0 or code in ON_PURPOSE:
        return None
    if code > 128:
        words = {
            128 + getattr(signal, name): said_ for name, said_ in BY_SIGNAL.items() if hasattr(signal, name)
        }
        said += b"\n" + words.get(code, "").encode()
    return _sure(said, project, own_code=True) if said.strip() else None


def _sure(log: bytes, project: Project, *, own_code: bool = False) -> Diagnosis | None:
    found = diagnose([log], facts=_facts(project), rules=_rules(project), project=declared_names(project))
    first = found.candidates[0] if found.candidates else None
    if first is None or first.weight < SURE:
        return None
    if found.verdict == "none":
        return found if own_code and found.place is not None else None
    return replace(found, candidates=(first,))


def declared_names(project: Project) -> frozenset[str]:
    """Return the packages that the project's file asks for; none where it cannot be read."""
    try:
        return frozenset(one.name for one in project.spec().requirements if one.name)
    except (Failure, OSError):
        return frozenset()


def _rules(project: Project) -> Sequence[Rule] | None:
    """Return the shipped rules with the project's own; without those where one of them has a mistake."""
    try:
        return known(project.root)
    except Failure:
        # `provenv explain` tells it; here another failure is being told
        return None


def _facts(project: Project) -> Facts | None:
    try:
        return machine(project)
    except (Failure, OSError):
        # the answer to one failure must not end in another
        return None


def _told(failure: Failure) -> Iterator[str]:
    """Yield what other programs said in a failure."""
    for one in failure.problems:
        if one.code not in PLAIN:
            yield from _strings(one)
    evidence = getattr(failure.data, "evidence", failure.data)
    if isinstance(evidence, Evidence):
        for outcome in evidence.outcomes:
            if outcome.status == "failed":
                yield from _of(outcome.why)
                yield outcome.evidence


def _strings(one: Problem) -> Iterator[str]:
    yield from _of(one.why)
    yield from _of(one.what)


def _of(message: Text | None) -> Iterator[str]:
    if message is not None:
        yield from (value for value in message.args.values() if isinstance(value, str))
