"""`explain`: a log, and what is known of its machine -> what went wrong and what to do about it."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .. import lazy, spec
from ..diagnosis import elevated
from ..diagnosis.diagnose import diagnose
from ..errors import Exit, Failure, Hint, problem, text
from ..model.diagnosis import Diagnosis
from ..model.facts import Facts
from ..model.progress import Progress, Silent
from ..targets.names import HERE, base_of, current_number
from .answered import declared_names
from .log_file import opened
from .project import open_project
from .rules import known


@dataclass(frozen=True)
class Asked:
    """What the log is read with: the file (None: the standard input), facts, rules of one's own."""

    source: Path | None = None
    standard: BinaryIO | None = None
    facts: Path | None = None
    here: bool = False
    rules: tuple[Path, ...] = ()


def explain(asked: Asked, folder: Path, progress: Progress | None = None) -> Diagnosis:
    """Return what the log says went wrong; no project is needed.

    Raises Failure: PV901 a rule of one's own is wrong, PV903 to PV905 the log can't be read or is none,
    PV908 a folder of rules has none, PV909 two sources of facts; PV907 with the Diagnosis as its `data`
    where no rule knows what happened.
    """
    told = progress or Silent()
    if asked.facts is not None and asked.here:
        raise Failure(problem("PV909"), exit_code=Exit.USAGE)
    rules = known(folder, asked.rules)
    facts = _facts(asked, folder, told)
    with opened(asked.source, asked.standard, told) as blocks:
        name = "" if asked.source is None else str(asked.source)
        found = diagnose(
            blocks, facts=facts, rules=rules, source=name, project=_kept_here(folder) if asked.here else None
        )
    found = elevated.elevated(found) if _elevates(facts, here=asked.facts is None) else found
    if found.verdict == "unknown":
        again = shlex.join(["provenv", "explain", "--here", str(asked.source or "-")])
        hints = () if facts is not None else (Hint(text("PV907.hint"), again),)
        raise Failure(problem("PV907", hints=hints), data=found)
    return found


def _facts(asked: Asked, folder: Path, progress: Progress) -> Facts | None:
    """Return what is known of the log's machine; most logs come alone, and pay nothing for the probe."""
    found: Facts | None = None
    if asked.facts is not None:
        found = lazy.load("facts.load")(asked.facts)
    elif asked.here:
        found = lazy.load("app.facts_of")(folder, progress)
    return found


def _kept_here(folder: Path) -> frozenset[str] | None:
    """Return what the folder's project asks for, if it has an environment of provenv's."""
    leading = spec.find(folder.resolve()) if folder.is_dir() else None
    if leading is None or current_number(base_of(str(leading.parent), HERE)) is None:
        return None
    return declared_names(open_project(folder))


def _elevates(facts: Facts | None, *, here: bool) -> bool:
    """Tell whether who runs the commands needs `sudo` for what an administrator alone may do."""
    if facts is not None and not here:
        # a stranger's machine: in containers one is root, and Windows has another way
        return facts.platform.system != "windows" and not facts.container.kind
    is_root = not hasattr(os, "geteuid") or os.geteuid() == 0
    return not is_root and shutil.which("sudo") is not None
