"""A check's raw report -> its Outcome; pure.

What is common to all checks is judged here: that one died, took too long,
raised, or could not be done at this place. Results go to the check's own judge.
"""

from __future__ import annotations

import re

from ..errors import Hint, Text, text
from ..model.evidence import Check, Outcome
from .judges import commands
from .table import JUDGES
from .verdict import FACTS, REBUILD, Raw, Verdict, failed, hint, remedies, skipped, stem

# the signals that a broken build or a small place sends; the catalogues have words for each. The numbers
# are Linux's, which is most places; macOS differs in SIGBUS alone (10). Windows, where a judge may sit,
# has few.
NAMED_SIGNALS = {
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    10: "SIGBUS",
    11: "SIGSEGV",
    15: "SIGTERM",
}
# what a library says that was built for another torch: its operators, symbols or shared libraries are missing
OTHER_TORCH = re.compile(
    r"operator \w+::\w+ does not exist|undefined symbol|lib(c10|torch)\w*\.so|Could not load this library"
    r"|Couldn't load custom C\+\+ ops"
)


def judge(check: Check, raw: Raw | None) -> Outcome:
    """Return the outcome of a check from the line that the runner printed for it (None: it printed none)."""
    verdict = failed(check, text("proof.no_result")) if raw is None else _judge(check, raw)
    seconds = 0.0 if raw is None else float(raw.get("seconds", 0.0))
    return Outcome(
        check.name,
        verdict.status,
        seconds,
        verdict.did,
        verdict.why,
        verdict.distance,
        verdict.tolerance,
        verdict.measures,
        verdict.evidence,
        verdict.hints,
        0.0 if raw is None else float(raw.get("began", 0.0)),
    )


def _judge(check: Check, raw: Raw) -> Verdict:
    output = str(raw.get("output") or "")
    if raw.get("timed_out"):
        return failed(check, text("proof.timed_out", limit=int(check.limit)), evidence=output, hints=(FACTS,))
    error = raw.get("error")
    if error:
        why = _why(check, str(error["type"]), first_line(str(error["message"])))
        return failed(check, why, evidence=f"{output}\n{error['traceback']}", hints=remedies(check))
    result = raw.get("result")
    if result is None:
        number = raw.get("signal")
        if number:
            why, hints = death(int(number), int(raw.get("oom_kills") or 0))
            return failed(check, why, evidence=output, hints=hints)
        if check.group == "command":
            return commands.judge_command(check, raw)
        return failed(check, text("proof.ended", code=int(raw.get("code") or 0)), evidence=output)
    if check.group == "command":
        return commands.judge_command(check, raw)
    if "skipped" in result:
        args = {key: value for key, value in result.items() if key != "skipped"}
        return skipped(check, text(f"proof.skipped.{result['skipped']}", **args))
    verdict = JUDGES[stem(check)](check, result)
    if verdict.status == "failed" and not verdict.evidence:
        return failed(
            check,
            verdict.why or text("proof.no_result"),
            evidence=output,
            hints=verdict.hints,
            distance=verdict.distance,
            tolerance=verdict.tolerance,
        )
    return verdict


def _why(check: Check, kind: str, message: str) -> Text:
    if check.group == "torch" and check.package != "torch" and OTHER_TORCH.search(message):
        return text("proof.other_torch", package=check.package, message=message)
    return text("proof.raised", type=kind, message=message)


def death(number: int, oom_kills: int = 0) -> tuple[Text, tuple[Hint, ...]]:
    """Return why a process died of a signal, and what to try next."""
    name = NAMED_SIGNALS.get(number, "")
    if name == "SIGKILL" and oom_kills > 0:
        return text("proof.died.memory"), (hint("memory", "provenv facts"),)
    hints = {
        "SIGILL": (hint("instructions", "provenv facts"),),
        "SIGBUS": (hint("bus", "df -h /dev/shm"), REBUILD),
        "SIGKILL": (hint("memory", "provenv facts"),),
    }.get(name, (REBUILD,))
    if name:
        return text(f"proof.died.{name}", signal=number), hints
    return text("proof.died.signal", signal=number), hints


def first_line(words: str) -> str:
    """Return the first line of a message, cut at 300 characters."""
    line = next((line for line in words.splitlines() if line.strip()), "")
    return line if len(line) <= 300 else line[:299] + "…"
