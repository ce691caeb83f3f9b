"""Which recorded run is meant: an id or a part of one, `last`, `~1`, the name of a declared run."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from ..errors import Exit, Failure, Hint, Text, problem, text, verbatim
from .folder import RunFolder, run_folders
from .reading import read_record

LAST = "last"
NAMED = 5
_BACK = re.compile(r"(?P<name>.*)~(?P<back>\d{1,6})")


def find_run(root: Path, wanted: str | None = None) -> RunFolder:
    """Return the run of the project at `root` that `wanted` means; the newest without it.

    `~N` counts back from the newest one, `NAME` is a declared run's newest record and `NAME~N` an earlier
    one; an id may be cut to as much of its beginning, or to its last four digits, as is enough.
    Raises Failure: PV1180 where there is none, with the near ones, PV1182 where nothing was recorded,
    PV1183 where several are meant.
    """
    found = run_folders(root)
    if not found:
        raise Failure(problem("PV1182", hints=(Hint(text("PV1182.hint"), "provenv run -- python train.py"),)))
    wanted = wanted or LAST
    back = _BACK.fullmatch(wanted)
    name, count = (back["name"], int(back["back"])) if back else (wanted, 0)
    exact = next((one for one in found if one.id == name), None)
    if exact is not None and not count:
        return exact
    line = found if name in ("", LAST) else _named(found, name)
    if line:
        if count < len(line):
            return line[-1 - count]
        raise _unknown(found, wanted, text("PV1180.why_back", n=len(line)))
    short = [one for one in found if one.id.startswith(name) or one.id.rpartition("-")[2] == name]
    if len(short) > 1 and not back:
        several = ", ".join(f"`{one.id}`" for one in short[-NAMED:])
        hint = Hint(None, "provenv runs ls --all")
        raise Failure(
            problem("PV1183", name=wanted, n=len(short), why=verbatim(several), hints=(hint,)),
            exit_code=Exit.USAGE,
        )
    if short and not back:
        return short[0]
    raise _unknown(found, wanted)


def name_of(folder: RunFolder) -> str:
    """Return the declared name of a run, empty for a command and where it cannot be read."""
    try:
        return read_record(folder).name
    except Failure:
        return ""


def _named(found: list[RunFolder], name: str) -> list[RunFolder]:
    return [one for one in found if name_of(one) == name]


def _unknown(found: list[RunFolder], wanted: str, why: Text | None = None) -> Failure:
    """Return PV1180 with what may have been meant."""
    names = {name for one in found if (name := name_of(one))}
    ids = [one.id for one in reversed(found)]
    near = difflib.get_close_matches(wanted, [*sorted(names), *ids], 3, 0.5)
    hints = tuple(Hint(text("PV1180.hint"), f"provenv runs show {one}") for one in near)
    listed = Hint(text("PV1180.hint_ls"), "provenv runs ls")
    return Failure(problem("PV1180", name=wanted, why=why, hints=(*hints, listed)), exit_code=Exit.USAGE)
