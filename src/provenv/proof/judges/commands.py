"""Judges the user's own commands: their exit code decides."""

from __future__ import annotations

from ...errors import text
from ...model.evidence import Check
from ..verdict import Raw, Verdict, failed, hint, passed


def judge_command(check: Check, raw: Raw) -> Verdict:
    """Judge a command by the whole report: it becomes the shell, so its code is the process's own."""
    code = int((raw.get("result") or raw).get("code") or 0)
    command = str(check.options["command"])
    output = str(raw.get("output") or "")
    if code == 0:
        return passed(check, command=command)
    return failed(
        check,
        text("proof.command.code", command=command, code=code),
        evidence=output,
        hints=(hint("command", f"provenv run -- sh -c {_quoted(command)}"),),
    )


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"
