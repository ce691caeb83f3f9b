"""A check's raw report -> its Outcome; pure.

What is common to all checks is judged here: that one died, took too long,
raised, or could not be done at this place. Results go to the check's own judge.
"""

from __future__ import annotations

import signal
from collections.abc import Callable

from ..errors import Hint, Text, text
from ..model.evidence import Check, Outcome
from .judges import commands, files, measures, numerics, processes, tensors, training
from .verdict import FACTS, REBUILD, Raw, Verdict, failed, hint, skipped, stem, upgrade

Judge = Callable[[Check, Raw], Verdict]

JUDGES: dict[str, Judge] = {
    "files": files.judge_files,
    "imports": files.judge_imports,
    "dependencies": files.judge_dependencies,
    "linear_algebra": numerics.judge_linear_algebra,
    "random_generators": numerics.judge_random_generators,
    "blas_threads": numerics.judge_blas_threads,
    "numpy_bridge": numerics.judge_numpy_bridge,
    "accelerator": tensors.judge_accelerator,
    "tensors": tensors.judge_tensors,
    "gradients": tensors.judge_gradients,
    "mixed_precision": tensors.judge_mixed_precision,
    "repeatability": tensors.judge_repeatability,
    "data_loading": processes.judge_data_loading,
    "checkpoint": processes.judge_checkpoint,
    "all_reduce": processes.judge_all_reduce,
    "processes": processes.judge_processes,
    "training": training.judge_training,
    "classifiers": training.judge_classifiers,
    "measure_compute": measures.judge_compute,
    "measure_memory": measures.judge_memory,
    "measure_storage": measures.judge_storage,
}

# the signals that a broken build or a small place sends; the catalogues have words for each
NAMED_SIGNALS = ("SIGILL", "SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGKILL", "SIGTERM")


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
    )


def _judge(check: Check, raw: Raw) -> Verdict:
    output = str(raw.get("output") or "")
    if raw.get("timed_out"):
        return failed(check, text("proof.timed_out", limit=int(check.limit)), evidence=output, hints=(FACTS,))
    error = raw.get("error")
    if error:
        why = text("proof.raised", type=str(error["type"]), message=first_line(str(error["message"])))
        return failed(check, why, evidence=f"{output}\n{error['traceback']}", hints=_hints(check))
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
        return skipped(check, text(f"proof.skipped.{result['skipped']}"))
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


def death(number: int, oom_kills: int = 0) -> tuple[Text, tuple[Hint, ...]]:
    """Return why a process died of a signal, and what to try next."""
    name = next((entry.name for entry in signal.Signals if entry.value == number), "")
    if name == "SIGKILL" and oom_kills > 0:
        return text("proof.died.memory"), (hint("memory", "provenv facts"),)
    hints = {
        "SIGILL": (hint("instructions", "provenv facts"),),
        "SIGBUS": (hint("bus", "df -h /dev/shm"), REBUILD),
        "SIGKILL": (hint("memory", "provenv facts"),),
    }.get(name, (REBUILD,))
    if name in NAMED_SIGNALS:
        return text(f"proof.died.{name}", signal=number), hints
    return text("proof.died.signal", signal=number), hints


def first_line(words: str) -> str:
    """Return the first line of a message, cut at 300 characters."""
    line = next((line for line in words.splitlines() if line.strip()), "")
    return line if len(line) <= 300 else line[:299] + "…"


def _hints(check: Check) -> tuple[Hint, ...]:
    package = {"torch": "torch", "numpy": "numpy", "sklearn": "scikit-learn"}.get(check.group)
    return (REBUILD, upgrade(package)) if package else (REBUILD,)
