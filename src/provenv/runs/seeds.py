"""The seeds of a run: what was given to it, and what a command line is without them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ..model.comparison import Compared

_SEED = re.compile(r"seed|random_?state", re.IGNORECASE)
# `--seed 3`, `--seed=3`, and `trainer.seed=3` as Hydra and LightningCLI take it
_GIVEN = re.compile(
    r"(?P<name>-{0,2}[\w.+/-]*(?:seed|random[_-]?state)[\w.]*)(?:=(?P<value>.*))?", re.IGNORECASE
)


def seeds(one: Compared) -> dict[str, str]:
    """Return the seeds of a run: of its command line, its variables, and those it was seen to set."""
    found = {name: value for name, value in _seeds_given(one.run.record.argv) if value is not None}
    found |= {name: value for name, value in one.run.record.variables.items() if _SEED.search(name)}
    return found | dict(one.seeds)


def _seeds_given(argv: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    for place, word in enumerate(argv):
        match = _GIVEN.fullmatch(word)
        if match is None or (match["value"] is None and not word.startswith("-")):
            continue
        value = match["value"]
        if value is None and place + 1 < len(argv) and not argv[place + 1].startswith("--"):
            value = argv[place + 1]
        yield match["name"].lstrip("-"), value


def without_seeds(argv: Sequence[str]) -> tuple[str, ...]:
    """Return a command line whose seeds are taken out, to tell whether two differ in nothing else."""
    kept: list[str] = []
    is_value = False
    for word in argv:
        match = None if is_value else _GIVEN.fullmatch(word)
        if is_value:
            kept.append("*")
            is_value = False
        elif match is not None and match["value"] is not None:
            kept.append(f"{match['name']}=*")
        else:
            kept.append(word)
            is_value = match is not None and word.startswith("-")
    return tuple(kept)


def other_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are no seeds."""
    return {name: value for name, value in variables.items() if not _SEED.search(name)}
