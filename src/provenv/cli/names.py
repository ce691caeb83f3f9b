"""What the shell may complete beside commands and options: the project's own targets, runs, checks...

They are read as they lie there, since a completion has a tenth of a second and no
right to complain: what cannot be read completes to nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import spec
from ..errors import Failure
from ..lazy import load
from ..runs.folder import run_folders
from ..targets.names import GENERATIONS, HERE, PROOF, RECORD, base_of, current_number, generation_of

if TYPE_CHECKING:
    import click


def named(kind: str, context: click.Context, incomplete: str) -> list[str]:
    """Return the project's names of a kind (a key of KINDS) that begin as `incomplete` does."""
    options = {**context.find_root().params, **{key: one for key, one in context.params.items() if one}}
    try:
        folder = Path(options.get("directory") or ".").resolve()
        if kind == "findings":
            return [name for name in load("diagnosis.ids")() if name.startswith(incomplete)]
        leading = spec.find(folder)
        found = KINDS[kind](leading, options.get("target") or HERE) if leading else ()
        return sorted(name for name in found if name.startswith(incomplete))
    except (Failure, OSError, ValueError, RecursionError, TypeError, AttributeError, KeyError):
        # somebody is still typing: a file or a record that is broken is told by the command itself
        return []


def _targets(leading: Path, _: str) -> Iterable[str]:
    return [HERE, *_declared(leading, "target")]


def _runs(leading: Path, _: str) -> Iterable[str]:
    return _declared(leading, "run")


def _data(leading: Path, _: str) -> Iterable[str]:
    return _declared(leading, "data")


def _declared(leading: Path, table: str) -> Iterable[str]:
    return list(_table(leading, table))


def _table(leading: Path, table: str) -> Any:
    if leading.suffix != ".toml":
        return {}
    data = load("toml").loads(leading.read_text(encoding="utf-8"))
    own = data if leading.name == "provenv.toml" else data.get("tool", {}).get("provenv", {})
    return own.get(table, {})


def _checks(leading: Path, target: str) -> Iterable[str]:
    return [one["name"] for one in _kept(leading, target, PROOF)["outcomes"]]


def _packages(leading: Path, target: str) -> Iterable[str]:
    return list(_kept(leading, target, RECORD)["packages"])


def _generations(leading: Path, target: str) -> Iterable[str]:
    folder = os.path.join(base_of(str(leading.parent), target), GENERATIONS)
    return [name.lstrip("0") for name in os.listdir(folder) if name.isdecimal()]


def _proofs(leading: Path, target: str) -> Iterable[str]:
    return [*_generations(leading, target), *_targets(leading, target), f"{target}~1"]


def _pushed(leading: Path, target: str) -> Iterable[str]:
    folder = Path(base_of(str(leading.parent), target), GENERATIONS)
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/image.json"))]
    return [
        f"{one['reference'].rpartition(':')[0]}@{one['digest']}"
        for record in records
        for one in record["pushed"]
    ]


def _recorded(leading: Path, _: str) -> Iterable[str]:
    ids = [one.id for one in run_folders(leading.parent)]
    return [*ids, *_declared(leading, "run"), "last", "~1"] if ids else []


def _hosts(leading: Path, target: str) -> Iterable[str]:
    entries = _table(leading, "target")[target]["hosts"]
    return [one.name for entry in entries for one in load("spec.read_hosts")(entry)]


def _kept(leading: Path, target: str, name: str) -> Any:
    """Return a record of the current generation, as JSON data."""
    base = base_of(str(leading.parent), target)
    folder = generation_of(base, current_number(base) or 0)
    return json.loads(Path(folder, name).read_text(encoding="utf-8"))


KINDS: dict[str, Callable[[Path, str], Iterable[str]]] = {
    "targets": _targets,
    "runs": _runs,
    "data": _data,
    "hosts": _hosts,
    "checks": _checks,
    "packages": _packages,
    "generations": _generations,
    "pushed": _pushed,
    "proofs": _proofs,
    "recorded": _recorded,
}
