"""`doctor --fix`: what can be mended is shown, agreed to, done, and looked at again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ..errors import Exit, Failure, Hint, Text, problem, text, verbatim
from ..model.findings import Area, Checkup, Done, Finding, Fix, Fixed
from ..targets.records import read_state
from .doctor import blocked, doctor, fixable
from .files import keep_text
from .looking import reason
from .project import Project
from .prove import prove

Agree = Callable[[Text], bool]
OWN = "provenv"
KEPT = 2000
"""Characters of a failed command's last words that are kept."""


def fix(
    project: Project,
    *,
    areas: Collection[Area] = (),
    only: Collection[str] = (),
    show: Callable[[object], None] = lambda checkup: None,
    agree: Agree = lambda question: False,
) -> Checkup:
    """Look, do what is agreed to, look again; return what is left, and what became of each finding.

    What needs an administrator's right is only printed. Every command is one that a kill leaves whole.
    Raises Failure: PV922 for an unknown id, PV923 without consent, PV924 with the Checkup where something
    that was agreed to is not gone, PV921 where something still blocks.
    """
    before = doctor(project, areas=areas, only=only)
    able = fixable(before.findings)
    if not able:
        return _or_blocked(before)
    show(before)
    if not agree(_question(able)):
        hints = (Hint(text("PV923.hint"), _again(only)),)
        raise Failure(problem("PV923", hints=hints), exit_code=Exit.USAGE)
    fixes = {one.fix.key: one.fix for one in able if one.fix is not None}
    ended = {key: _done(project, one) for key, one in fixes.items()}
    task = project.progress.task(text("doctor.again"))
    after = doctor(project, areas=areas, only=only)
    left = {one.key for one in after.findings}
    fixed = tuple(_fixed(one, ended, left) for one in before.findings if one.fix is not None)
    task.finish(text("doctor.again_done", n=sum(one.done == "gone" for one in fixed)))
    proof = _proof(project, fixes.values())
    checkup = replace(after, fixed=fixed, proof=proof)
    there = [one for one in fixed if one.done in ("still-there", "failed")]
    if there or proof == "failed":
        names = ", ".join(dict.fromkeys(one.finding.id for one in there)) or "proof"
        raise Failure(problem("PV924", n=max(len(there), 1), names=names), data=checkup)
    return checkup


def _or_blocked(checkup: Checkup) -> Checkup:
    failure = blocked(checkup)
    if failure is not None:
        raise failure
    return checkup


def shown(one: Fix) -> Iterable[str]:
    """Yield what a repair does, as a shell would be told it."""
    for file, line in one.appends:
        yield f"printf '%s\\n' {shlex.quote(line)} >> {shlex.quote(file)}"
    for command in one.commands:
        yield shlex.join(command)


def _question(able: Iterable[Finding]) -> Text:
    told = dict.fromkeys(line for one in able if one.fix is not None for line in shown(one.fix))
    return text("doctor.ask", n=len(told), commands="".join(f"\n  {line}" for line in told))


def _again(only: Collection[str]) -> str:
    return shlex.join(["provenv", "doctor", "--fix", "--yes", *only])


def _done(project: Project, one: Fix) -> Text | None:
    """Do it; return why it failed, None where it did not."""
    if one.root:
        return None
    task = project.progress.task(one.what)
    try:
        for file, line in one.appends:
            _append(project.root / file, line)
        for command in one.commands:
            failed = _run(project, command)
            if failed is not None:
                task.fail(text("doctor.fix_failed", command=shlex.join(command)))
                return failed
    except Failure as failure:
        task.fail(reason(failure))
        return reason(failure)
    task.finish(one.what)
    return None


def _append(path: Path, line: str) -> None:
    content = path.read_text(encoding="utf-8") if path.exists() else ""
    if line in content.splitlines():
        return
    gap = "" if not content or content.endswith("\n") else "\n"
    keep_text(path, f"{content}{gap}{line}\n")


def _run(project: Project, command: tuple[str, ...]) -> Text | None:
    """Run a command in the project's folder; return its last words where it failed."""
    argv, folder = list(command), str(project.root)
    if argv[0] == OWN:
        # from another folder: a file of the project may have the name of one of our modules
        argv = [project.python, "-m", "provenv", "-C", folder, "--on", project.target, *argv[1:]]
        folder = os.path.dirname(project.python)
    ended = project.host.exec(argv, environment=dict(project.environment), folder=folder)
    if ended.code == 0:
        return None
    return verbatim((ended.err.strip() or ended.out.strip() or str(ended.code))[-KEPT:])


def _fixed(
    one: Finding, ended: dict[tuple[object, ...], Text | None], left: Collection[tuple[str, str]]
) -> Fixed:
    assert one.fix is not None
    if one.fix.root:
        return Fixed(one, "printed", verbatim("\n".join(shown(one.fix))))
    failed = ended.get(one.fix.key)
    still: Done = "still-there" if one.key in left else "gone"
    return Fixed(one, "failed" if failed is not None and still != "gone" else still, failed)


def _proof(project: Project, done: Iterable[Fix]) -> Literal["", "passed", "failed"]:
    """Return how the environment was proven after it was changed: `up` has proven what it built."""
    changed = [one for one in done if one.builds]
    if not changed:
        return ""
    if all(command[:2] == (OWN, "up") for one in changed for command in one.commands):
        state = read_state(project.layout)
        current = state.generation(state.current)
        return "passed" if current is not None and current.proof == "passed" else "failed"
    try:
        prove(project, quick=True)
    except Failure as failure:
        project.progress.note(reason(failure))
        return "failed"
    return "passed"
