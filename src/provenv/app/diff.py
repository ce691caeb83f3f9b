"""`diff`: two proofs, of this project's generations or from a file, and what differs between them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import Exit, Failure, Hint, Problem, problem, text
from ..model.diff import Difference, Part, Proven
from ..model.facts import Facts
from ..model.lock import Lock
from ..model.state import Generation, State
from ..plan.differences import difference
from ..targets.images import read_image
from ..targets.names import HERE, PROOF, RECORD
from ..targets.receipts import read_proof
from ..targets.records import LOCK, read_json, read_state, read_value
from .locking import read_lock
from .project import Project, find_target
from .receipt import LARGEST, read_receipt
from .remembered import FACTS

STDIN = "-"
_FORM = re.compile(
    r"(?P<target>[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)?"
    r"(?::?~(?P<back>\d{0,6})|:(?P<number>\d{1,9}))?"
)


def diff(
    project: Project,
    before: str | None = None,
    after: str | None = None,
    *,
    only: Sequence[Part] = (),
) -> Difference:
    """Return what differs from `before` to `after`.

    Each names a generation (`box`, `box:3`, `:3`, `3`, `~1` or `box~1` for the proven one before) or a file
    with a receipt (`proof.json`, what `prove --json` printed; `-` for standard input). Left out, `after` is
    the current generation of the project's target and `before` the proven one before it. Raises Failure:
    PV1130 to PV1139 where there is nothing to compare, PV703 for a target that is not declared.
    """
    first = _side(project, "~1" if before is None else before)
    second = _side(project, after or "")
    return difference(first, second, only, _unproven((first, second)))


def _unproven(sides: Sequence[Proven]) -> list[Problem]:
    """Return a warning for each generation without a receipt: what it holds can be compared all the same."""
    found = []
    for one in sides:
        if one.evidence is None and one.generation is not None:
            hint = Hint(text("PV1134.hint"), "provenv prove")
            found.append(problem("PV1134", name=one.label, hints=(hint,), severity="warning"))
    return found


def _side(project: Project, named: str) -> Proven:
    if _is_file(project, named):
        return _from_file(project, named)
    match = _FORM.fullmatch(f":{named}" if named.isascii() and named.isdecimal() else named)
    if match is None:
        raise Failure(
            problem("PV1130", words=named, why=text("PV1130.why"), hints=(Hint(None, "provenv history"),)),
            exit_code=Exit.USAGE,
        )
    target = match["target"] or project.target
    there = replace(project, target=target)
    state = read_state(there.layout)
    number = _number(there, state, match["number"], match["back"])
    return _from_generation(there, state, number)


def _is_file(project: Project, named: str) -> bool:
    if named == STDIN or "/" in named or "\\" in named or named.endswith(".json"):
        return True
    # a target's name wins over a file that happens to be called so
    mine = named.isdecimal() or replace(project, target=named).layout.base.is_dir()
    return bool(named) and not mine and Path(named).is_file()


def _number(project: Project, state: State, number: str | None, back: str | None) -> int:
    """Return the generation that is meant. Raises Failure where there is none."""
    if not state.generations:
        find_target(project, project.spec())
        hints = (Hint(None, f"provenv up{_on(project)}"),)
        raise Failure(problem("PV1131", target=project.target, hints=hints))
    if number is not None:
        if state.generation(int(number)) is None:
            raise _gone(project, state, int(number))
        return int(number)
    if state.current is None:
        hints = (Hint(None, f"provenv up{_on(project)}"),)
        raise Failure(problem("PV1132", target=project.target, hints=hints))
    if back is None:
        return state.current
    steps = int(back or 1)
    if steps == 0:
        return state.current
    earlier = [
        one.number for one in state.generations if one.proof == "passed" and one.number < state.current
    ]
    if steps > len(earlier):
        raise _none_before(project, state, len(earlier))
    return earlier[-steps]


def _gone(project: Project, state: State, number: int) -> Failure:
    known = ", ".join(str(one.number) for one in state.generations)
    # numbers are never given twice: a lower one was there once
    newest = max(one.number for one in state.generations)
    why = text("PV1133.why_gone" if number < newest else "PV1133.why_never", known=known)
    hints = (Hint(None, f"provenv history{_on(project)}"),)
    return Failure(problem("PV1133", target=project.target, number=number, why=why, hints=hints))


def _none_before(project: Project, state: State, n: int) -> Failure:
    later = [one.number for one in state.generations if one.number > (state.current or 0)]
    hints = [Hint(None, f"provenv history{_on(project)}")]
    if later:
        hints.insert(0, Hint(text("PV1135.hint_later"), f"provenv diff {later[-1]}{_on(project)}"))
    others = sorted(
        path.parent.name
        for path in project.layout.home.glob("*/current")
        if path.parent.name != project.target
    )
    if others:
        hints.insert(0, Hint(text("PV1135.hint_other"), f"provenv diff {others[0]} {project.target}"))
    code = "PV1139" if n else "PV1135"
    return Failure(problem(code, target=project.target, number=state.current or 0, n=n, hints=tuple(hints)))


def _on(project: Project) -> str:
    return "" if project.target == HERE else f" --on {project.target}"


def _from_generation(project: Project, state: State, number: int) -> Proven:
    layout = project.layout
    generation = state.generation(number)
    locked = read_lock(layout.generation(number) / LOCK, project.root)
    facts = read_value(layout, number, FACTS, Facts)
    return Proven(
        f"{project.target}:{number}",
        read_proof(layout, number),
        generation,
        locked,
        facts,
        read_image(layout, number),
        _python(generation, locked, facts),
    )


def _python(generation: Generation | None, locked: Lock | None, facts: Facts | None) -> str:
    """Return the exact version of a generation's interpreter, or as much as its lock says."""
    path = generation.python if generation else ""
    found = next((one.version for one in facts.pythons if one.path == path), "") if facts else ""
    return found or (locked.python if locked else "")


def _from_file(project: Project, named: str) -> Proven:
    """Return what a receipt's file tells; one that lies in a generation's folder has the rest beside it."""
    if named == STDIN:
        receipt = read_receipt("stdin", sys.stdin.buffer.read(LARGEST + 1))
        return Proven("stdin", receipt.evidence, receipt.generation, file="stdin")
    path = Path(named)
    if path.is_dir():
        path = path / PROOF
    receipt = read_receipt(named, path)
    folder = path.parent
    if path.name != PROOF or not (folder / RECORD).is_file():
        return Proven(
            path.stem if path.name != PROOF else named, receipt.evidence, receipt.generation, file=named
        )
    generation = read_json(Generation, folder / RECORD)
    locked = read_lock(folder / LOCK, project.root)
    facts = read_json(Facts, folder / FACTS) if (folder / FACTS).is_file() else None
    return Proven(
        named, receipt.evidence, generation, locked, facts, None, _python(generation, locked, facts), named
    )
