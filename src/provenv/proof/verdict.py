"""A Verdict: what a judge makes of a check's raw result, before its time is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Argument, Hint, Text, text
from ..model.evidence import Check, Measure, Status

Raw = Mapping[str, Any]

TAIL = 4000


@dataclass(frozen=True)
class Verdict:
    """An Outcome without name and seconds."""

    status: Status
    did: Text
    why: Text | None = None
    distance: float | None = None
    tolerance: float | None = None
    measures: tuple[Measure, ...] = ()
    evidence: str = ""
    hints: tuple[Hint, ...] = ()


def title(check: Check) -> Text:
    """Return what the check is about, in words: the entry of the catalogue that is named like its payload."""
    if check.group == "command":
        return text("proof.command", name=check.name.partition(".")[2])
    library = str(check.options.get("library", ""))
    return text(f"proof.{stem(check)}", **({"library": library} if library else {}))


def stem(check: Check) -> str:
    """Return the name of the check's script without its suffix."""
    return check.payload.removesuffix(".py")


def passed(
    check: Check,
    *,
    distance: float | None = None,
    tolerance: float | None = None,
    measures: tuple[Measure, ...] = (),
    evidence: str = "",
    **args: Argument,
) -> Verdict:
    """Return that all was right; `args` fill the words that tell what was done."""
    did = Text(f"proof.{stem(check)}.did", args)
    return Verdict("passed", did, None, distance, tolerance, measures, evidence)


def failed(
    check: Check,
    why: Text,
    *,
    evidence: str = "",
    hints: tuple[Hint, ...] = (),
    distance: float | None = None,
    tolerance: float | None = None,
    measures: tuple[Measure, ...] = (),
) -> Verdict:
    """Return that something was wrong, with its proof and what to try next."""
    return Verdict(
        "failed", title(check), why, distance, tolerance, measures, evidence.strip()[-TAIL:], hints
    )


def skipped(check: Check, why: Text, *, evidence: str = "") -> Verdict:
    """Return that nothing could be proven here, and why."""
    return Verdict("skipped", title(check), why, evidence=evidence)


def hint(key: str, command: str | None = None, /, **args: Argument) -> Hint:
    """Return what to try next: the words of `proof.hint.KEY`, and a command where there is one."""
    return Hint(text(f"proof.hint.{key}", **args), command)


REBUILD = hint("rebuild", "provenv up --repair")
FACTS = hint("facts", "provenv facts")


def upgrade(package: str) -> Hint:
    """Return the hint to take another version of a package."""
    return hint("upgrade", f"provenv lock --upgrade {package}", package=package)


def remedies(check: Check) -> tuple[Hint, ...]:
    """Return what helps against a broken installation: anew, or another version of the check's package."""
    return (REBUILD, upgrade(check.package)) if check.package else (REBUILD,)


def lines(found: list[str], most: int = 20) -> str:
    """Return at most `most` lines, and how many were left out."""
    rest = len(found) - most
    return "\n".join([*found[:most], *([f"... +{rest}"] if rest > 0 else [])])
