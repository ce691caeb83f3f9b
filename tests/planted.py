"""A copy of the program with a bug put into it, to see that a suite finds it."""

from __future__ import annotations

import compileall
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"


@dataclass(frozen=True)
class Edit:
    """One change of one file of the program: `old`, which must be there exactly once, becomes `new`."""

    file: str
    old: str
    new: str


def copy_program(goal: Path, edits: Sequence[Edit] = ()) -> Path:
    """Copy `src` to `goal`, changed by `edits` and with its bytecode compiled; return `goal`.

    Raises LookupError where an edit no longer fits: the bug has to be planted elsewhere then.
    """
    shutil.copytree(SOURCE, goal, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        path = goal / "provenv" / edit.file
        words = path.read_text(encoding="utf-8")
        if words.count(edit.old) != 1:
            raise LookupError(f"{edit.file} has {words.count(edit.old)} times:\n{edit.old}")
        path.write_text(words.replace(edit.old, edit.new), encoding="utf-8")
    compileall.compile_dir(str(goal), quiet=2, force=True)
    return goal
