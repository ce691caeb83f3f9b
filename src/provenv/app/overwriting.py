"""Which files `render` may write over: its own, and no other unless the user says so."""

from __future__ import annotations

import shlex
from pathlib import Path

from .. import render as render_room
from ..errors import Failure, Hint, Problem, problem, text
from ..model.spec import Spec


def may_write(spec: Spec, path: Path, lock: Path, what: str, before: bytes | None, *, force: bool) -> None:
    """Raise Failure PV441 for a file of the project's own, PV442 for one that was not rendered."""
    if declares(spec, path, lock):
        raise Failure(own(path))
    if before is None or force:
        return
    if not render_room.is_ours(before.decode("utf-8", "replace"), what):
        raise Failure(foreign(path, what, f"provenv render {what} -o {shlex.quote(str(path))} --force"))


def declares(spec: Spec, path: Path, lock: Path) -> bool:
    """Tell whether a file is what the environment is declared or locked in."""
    root = Path(spec.root)
    return path.resolve() in {(root / one).resolve() for one in (*spec.files, spec.file)} | {lock.resolve()}


def own(path: Path) -> Problem:
    """Return PV441: nothing is rendered over what declares the environment."""
    return problem("PV441", path=str(path), hints=(Hint(text("PV441.hint")),))


def foreign(path: Path, what: str, command: str, *more: Hint) -> Problem:
    """Return PV442 for a file that somebody else wrote; `command` is what writes over it."""
    return problem("PV442", path=str(path), what=what, hints=(*more, Hint(text("PV442.hint"), command)))
