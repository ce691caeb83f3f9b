"""Slurm's programs on this machine: one call for a question, a failure in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..errors import Exit, Failure, Hint, Text, problem, text, verbatim
from ..model.channel import Completed, Host
from .refusals import refusal

LIMIT = 60.0
"""Seconds for an answer: a busy controller takes its time; a lost one is asked again by the program."""
NOT_FOUND = "PV801"


def call(
    host: Host, words: Sequence[str], environment: Mapping[str, str], *, stdin: bytes = b""
) -> Completed:
    """Return how one of Slurm's programs ended.

    Raises Failure: PV1390 where it isn't on this machine, PV1391 where it does not answer in time.
    """
    try:
        done = host.exec(words, stdin=stdin, environment=environment, limit=LIMIT)
    except Failure as failure:
        if failure.problems[0].code != NOT_FOUND:
            raise
        hints = (Hint(text("PV1390.hint_login")), Hint(text("PV1390.hint_module"), "module load slurm"))
        raise Failure(problem("PV1390", program=words[0], hints=hints)) from failure
    if done.timed_out:
        raise Failure(problem("PV1391", program=words[0], why=text("PV1391.late", seconds=int(LIMIT))))
    return done


def answer(host: Host, words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return what one of Slurm's programs prints.

    Raises Failure as `call` does, and PV1391 with its own words where it fails.
    """
    done = call(host, words, environment)
    if done.code:
        raise Failure(
            problem("PV1391", program=words[0], why=_said(done), hints=(Hint(None, "scontrol ping"),))
        )
    return done.out


def submit(host: Host, script: str, environment: Mapping[str, str]) -> str:
    """Submit a script (its text) and return the job's number.

    Raises Failure as `call` does, and PV1392 with the reason and a remedy where Slurm refuses it.
    """
    done = call(host, ["sbatch", "--parsable"], environment, stdin=script.encode())
    if done.code or not done.out.strip():
        raise refused(done)
    # `number;cluster` where there are several
    return done.out.strip().splitlines()[-1].partition(";")[0]


def refused(done: Completed) -> Failure:
    """Return why Slurm takes no job."""
    found = refusal(done.err or done.out)
    hints = (Hint(text(f"{found.key}.hint"), found.command),) if found is not None else ()
    shown = problem("PV1392", why=_said(done), hints=hints)
    return Failure(shown, exit_code=Exit.DENIED if found is not None and found.denied else Exit.FAILED)


def _said(done: Completed) -> Text:
    """Return the program's own words, without its name before each."""
    lines = [re.sub(r"^\S+: (?:error: )?", "", line.strip()) for line in (done.err or done.out).splitlines()]
    return verbatim("; ".join(filter(None, lines)) or f"exit code {done.code}")
