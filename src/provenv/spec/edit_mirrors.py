"""`[mirrors]` of the declared file, written: names and addresses under its keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import Failure, Hint, problem, text
from .complete import lead
from .edit_key import set_string
from .edited import Edit
from .leading import REQUIREMENTS
from .mirror_names import bad_mirror
from .presets import is_address, table
from .source import Source


def use_mirrors(folder: Path, values: Mapping[str, str]) -> Edit:
    """Return the edit that says `values` (key -> address or name; `preset` is a key) under `[mirrors]`.

    Nothing is written. Raises Failure for a name that is none, where the file has
    mistakes of syntax, and PV185 where a requirements.txt leads, which has no place for it.
    """
    problems = [
        bad_mirror(value, None if kind == "preset" else kind)
        for kind, value in values.items()
        if (table().find(value) if kind == "preset" else _known(value, kind)) is None
    ]
    if problems:
        raise Failure(*problems)
    leading = lead(folder)
    if leading.document is None:
        hints = (Hint(text("PV185.hint"), "provenv init"),)
        raise Failure(problem("PV185", file=REQUIREMENTS, hints=hints))
    old = source = leading.document.source
    added: list[str] = []
    own = leading.table if leading.table is not None else ("tool", "provenv")
    for kind, value in values.items():
        new = set_string(source, (*own, "mirrors", kind), value)
        if new != source.text:
            added.append(f"{kind} = {value}")
        source = Source(source.name, new, source.encoding)
    return Edit(old.name, old.text, source.text, tuple(added), (), str(leading.root), old.encoding)


def _known(value: str, kind: str) -> str | None:
    return value if is_address(value, kind) else table().address(value, kind)
