"""The rules that a log is read with: the shipped ones, and those of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import spec
from ..diagnosis import reading
from ..diagnosis.rule import Rule
from ..errors import Failure, Problem, problem, text

OWN_RULES = "provenv-rules"


def known(folder: Path, given: Sequence[Path] = ()) -> tuple[Rule, ...]:
    """Return the shipped rules with those of one's own: of the folders that are given, else of the project.

    A rule of one's own takes the place of a shipped one of the same cause. Raises Failure PV901, PV908.
    """
    folders = tuple(given)
    if not folders:
        place = folder.resolve()
        leading = spec.find(place) if place.is_dir() else None
        own = (leading.parent if leading else place) / OWN_RULES
        folders = (own,) if own.is_dir() else ()
    if not folders:
        return reading.shipped()
    rules = {rule.cause: rule for rule in reading.shipped()}
    rules |= {rule.cause: rule for one in folders for rule in own_rules(one)}
    return tuple(rules[cause] for cause in sorted(rules))


def own_rules(folder: Path) -> tuple[Rule, ...]:
    """Return the rules of a folder; every mistake in it is told at once. Raises Failure PV901, PV908."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
        texts = [(str(path), path.read_text("utf-8")) for path in paths]
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(problem("PV908", folder=str(folder), why=text("verbatim", text=str(error)))) from error
    if not texts:
        raise Failure(problem("PV908", folder=str(folder), why=text("PV908.why")))
    rules: list[Rule] = []
    mistakes: list[Problem] = []
    for name, words in texts:
        try:
            rules.append(reading.read(name, words))
        except Failure as failure:
            mistakes += failure.problems
    if mistakes:
        raise Failure(*mistakes)
    return tuple(rules)
