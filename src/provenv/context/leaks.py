"""Secrets among the files that would go into an image, told before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

from ..errors import Hint, Place, Problem, problem, text
from . import findings, kinds
from .listing import tracked
from .scan import Secret, scan

MOST = 20
"""Of one file so many are told one by one."""


def secrets(root: Path, files: Iterable[str]) -> tuple[Problem, ...]:
    """Return PV1092 for every secret in the files, with file, line and rule; the secret itself masked.

    PV1095, a note, counts those that their own line allows (`provenv: allow-secret`). Links are not
    followed: where they lead is among the files or not in the image. Raises Failure PV1099 where a file
    can't be read.
    """
    found: dict[str, list[Secret]] = {}
    allowed: dict[str, int] = {}
    for name in files:
        try:
            told = list(_secrets(root, name))
        except OSError as error:
            raise findings.unreadable(error, root) from error
        if told:
            found[name] = [one for one in told if not one.allowed]
            allowed[name] = len(told) - len(found[name])
    in_git = tracked(root, [name for name, told in found.items() if told])
    problems = [one for name, told in found.items() for one in _problems(name, told, in_git=name in in_git)]
    if count := sum(allowed.values()):
        where = ", ".join(findings.shown(name) for name, n in allowed.items() if n)
        problems.append(problem("PV1095", severity="note", n=count, files=where))
    return tuple(problems)


def _secrets(root: Path, name: str) -> Iterator[Secret]:
    path = os.path.join(root, name)
    if os.path.islink(path):
        return
    with open(path, "rb") as file:
        yield from scan(file, os.path.basename(name))


def _problems(name: str, told: list[Secret], *, in_git: bool) -> Iterator[Problem]:
    for one in told[:MOST]:
        what = text("PV1092", shown=one.shown, rule=one.rule.id)
        yield Problem(
            "PV1092",
            what if one.shown else text("PV1092.unshown", rule=one.rule.id),
            where=Place(findings.shown(name), one.line, one.column, one.source, one.length),
            why=one.rule.description,
            hints=tuple(_hints(name, one, in_git=in_git)),
        )
    if len(told) > MOST:
        yield problem(
            "PV1101", where=Place(findings.shown(name)), n=len(told) - MOST, file=findings.shown(name)
        )


def _hints(name: str, found: Secret, *, in_git: bool) -> Iterator[Hint]:
    if found.rule.variable:
        yield Hint(text("PV1092.hint_pass", name=found.rule.variable))
    yield Hint(text("PV1092.hint_leave", pattern=findings.pattern_for(name)))
    if in_git:
        # a file of code stays in git without its secret
        if kinds.suffix(name) not in kinds.CODE:
            yield Hint(text("PV1092.hint_git"), f"git rm --cached -- {quote(findings.shown(name))}")
        yield Hint(text("PV1092.hint_rotate"))
    yield Hint(text("PV1092.hint_allow"))
